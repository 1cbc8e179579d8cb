"""Score files: the tables that runs write, and anybody's scores, detections and tracks.

There is one file a video, named as the video is. They are read, and checked as a whole: each with a
counterpart, of its length, and telling something.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.csv_table import BOX, CsvRow, read_csv, read_header
from vadkit.data.annotations.numbers import FORMS, TEXT, read_numbers
from vadkit.data.annotations.tracks import (
    EVALUATOR_COLUMNS,
    TRACK_COLUMNS,
    build_tracks,
    tracked_boxes,
)
from vadkit.data.dataset import Track
from vadkit.errors import DataError, NumericError
from vadkit.metrics.region_metrics import Detections
from vadkit.runs.atomic import write_text
from vadkit.scoring.protocol import FrameScores
from vadkit.utils.text_tables import csv_text
from vadkit.utils.unicode import one_form

Floats = NDArray[np.float64]
Places = Mapping[str, Path | str]
"""Video -> the file that something of it is in, or words for it."""
Values = Mapping[str, NDArray[Any]]
"""Video -> (frames,) scores or labels."""

COLUMNS = ("frame", "time_s", "score", "raw")
REGIONS = ("frame", "x1", "y1", "x2", "y2", "score")


@dataclass(frozen=True)
class ScoreTable:
    """A video's scores, one row for each frame."""

    times: Floats
    """(frames,) seconds; NaN where the video's rate is not known."""
    scores: FrameScores
    """Before and after smoothing."""
    tasks: Mapping[str, Floats] = field(default_factory=dict)
    """`task.score` -> (frames,) the highest of the frame's units."""


def write_scores(path: Path, table: ScoreTable) -> None:
    """Write `frame,time_s,score,raw` and a column a task; scores survive to the last bit.

    Raises:
        DataError: The columns differ in length.
        ResourceError: The disk is full.
    """
    columns = [table.scores.smooth, table.scores.raw, *table.tasks.values()]
    lengths = [len(column) for column in (table.times, *columns)]
    if len(set(lengths)) > 1:
        raise DataError(f"{path}: columns of {lengths} rows.", "Every frame needs one of each.")
    head = [*COLUMNS, *map(text_cell, table.tasks)]
    times = ["" if np.isnan(time) else f"{time:.6f}" for time in table.times]
    numbers = [map(repr, column.tolist()) for column in columns]
    rows = zip(range(len(times)), times, *numbers, strict=True)
    write_text(path, csv_text([head, *rows]))


def write_regions(path: Path, detections: Detections) -> None:
    """Write `frame,x1,y1,x2,y2,score`, a row for each object or region.

    Raises:
        ResourceError: The disk is full.
    """
    rows = zip(detections.frame, detections.boxes.tolist(), detections.score, strict=True)
    lines = [[frame, *(f"{side:.2f}" for side in box), repr(float(s))] for frame, box, s in rows]
    write_text(path, csv_text([REGIONS, *lines]))


def write_labels(path: Path, labels: NDArray[np.uint8]) -> None:
    """Write `label`, a row for each frame, as `frame_labels.read_labels` reads it.

    Raises:
        ResourceError: The disk is full.
    """
    write_text(path, "\n".join(["label", *map(str, labels.tolist())]) + "\n")


def read_scores(path: Path) -> ScoreTable:
    """Read what `write_scores` wrote.

    Raises:
        DataError: A column is missing, a row is out of order, or a score is not a finite number;
            the message names the file and the row.
    """
    rows, tasks = read_csv(path, COLUMNS, more=True), read_header(path)[len(COLUMNS) :]
    scores = [_scores(frame, row, tasks) for frame, row in enumerate(rows)]
    times, smooth, raw, *columns = np.array(scores).reshape(-1, 3 + len(tasks)).T
    names = [name.removeprefix("'") for name in tasks]
    return ScoreTable(times, FrameScores(raw, smooth), dict(zip(names, columns, strict=True)))


def text_cell(text: str) -> str:
    """Make a text harmless in a spreadsheet, which takes some beginnings for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _scores(frame: int, row: CsvRow, tasks: Sequence[str]) -> list[float]:
    """Time, smoothed, raw and each task's score."""
    if row.whole("frame") != frame:
        hint = "Rows are frames from 0, in order."
        raise row.error(f"frame {row.cells['frame']} where frame {frame} belongs", hint)
    time_s = row.floats(["time_s"])[0] if row.cells["time_s"] else float("nan")
    return [time_s, *row.floats(["score", "raw", *tasks])]


def files(folder: Path) -> dict[str, Path]:
    """Video -> its file, in order of name.

    Raises:
        DataError: There is none, or two are of one video.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder.", "Give the folder with one file a video.")
    paths: dict[str, Path] = {}
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in FORMS):
        video = one_form(path.stem)
        if video in paths:
            raise DataError(f"{path} and {paths[video]} are both of the video {video!r}.")
        paths[video] = path
    if not paths:
        raise DataError(f"{folder} holds no {', '.join(FORMS)} file.")
    return paths


def read_frame_scores(path: Path, raw: bool = False) -> Floats:
    """(frames,) from vadkit's own table, or from a file as `read_numbers` reads it.

    Args:
        path: The file.
        raw: Of vadkit's own table, take the scores before smoothing.

    Raises:
        DataError: It cannot be read, or holds something else; the message names file and row.
        NumericError: A score is infinite; NaN may stand where there is none.
    """
    if _is_table(path):
        scores = read_scores(path).scores
        return scores.raw if raw else scores.smooth
    unit, values = read_numbers(path, "score")
    return np.array([_score(path, f"{unit} {at}", value) for at, value in values], np.float64)


def _score(path: Path, place: str, value: Any) -> float:
    try:
        score = float(value)
    except ValueError:
        raise DataError(f"{path}, {place}: score is {value!r}, not a number.") from None
    if math.isinf(score):
        raise NumericError(f"{path}, {place}: score is {value}, not a finite number.")
    return score


def read_times(path: Path) -> Floats | None:
    """(frames,) seconds, NaN where not known, from vadkit's own table; None from another file."""
    return read_scores(path).times if _is_table(path) else None


def _is_table(path: Path) -> bool:
    """Whether a file is a table that vadkit wrote."""
    return path.suffix.lower() in TEXT and tuple(read_header(path)[: len(COLUMNS)]) == COLUMNS


def read_detections(path: Path) -> Detections:
    """Rows `frame,x1,y1,x2,y2,score`, frames from 0.

    Raises:
        DataError: A row is not that; the message names file and row.
        NumericError: A score is not finite.
    """
    rows = list(read_csv(path, ("frame", *BOX, "score"), header="any", blanks=True))
    return Detections(
        np.array([row.whole("frame") for row in rows], np.int64),
        np.array([row.box() for row in rows], np.float64).reshape(-1, 4),
        np.array([row.floats(("score",), NumericError)[0] for row in rows], np.float64),
    )


def read_tracks(path: Path) -> list[Track]:
    """Rows `track,frame,x1,y1,x2,y2`, frames from 0; vadkit's own have `kind` after `track`.

    Raises:
        DataError: A row is not that, or a track is twice in a frame; the message names the row.
    """
    rows = read_csv(path, EVALUATOR_COLUMNS, TRACK_COLUMNS, header="any", blanks=True)
    # As exact as in the file: an overlap just at the threshold is decided by the last digit.
    return build_tracks(tracked_boxes(rows, unique=True), np.float64)


def check_counterparts(places: Places, others: Container[str], where: Path | str) -> None:
    """Refuse what is of a video that the others, whose folder is `where`, lack.

    Raises:
        DataError: There is such a video; the message names its file.
    """
    if alone := [str(place) for video, place in places.items() if video not in others]:
        raise DataError(
            f"{', '.join(alone)}: no counterpart in {where}.",
            "Figures over part of a test set do not compare: bring both, named as the video is.",
        )


def check_lengths(paths: Places, scores: Values, places: Places, labels: Values) -> None:
    """Refuse a file that has more or fewer scores than its video has labels.

    Raises:
        DataError: There is one; the message names it and where the labels are.
    """
    for video, path in paths.items():
        counts = len(scores[video]), len(labels[video])
        if counts[0] != counts[1]:
            raise DataError(
                f"{path}: {counts[0]} frames, {counts[1]} labels ({places[video]}).",
                "Every frame needs one score and one label; where the first frames have no score, "
                "--first says which is the first that has.",
            )


def check_telling(paths: Places, scores: Values, labels: Values, source: Path | str) -> None:
    """Refuse what figures can be computed of, but say nothing.

    Raises:
        DataError: A file's scores are all the same, or all labels are.
    """
    hint = "An AUC of it says nothing; with --anyway it is told all the same, with a note."
    for video, path in paths.items():
        if np.isnan(scores[video]).all():
            raise DataError(f"{path}: no score is a number.", "Every video needs some.")
        if len(scores[video]) > 1 and np.nanmin(scores[video]) == np.nanmax(scores[video]):
            raise DataError(f"{path}: all scores are {np.nanmax(scores[video]):g}.", hint)
    joined = np.concatenate([*labels.values()])
    classes = np.unique(joined[~np.isnan(joined)])
    if len(classes) == 1:
        kind = "anomalous" if classes[0] else "normal"
        raise DataError(f"{source}: every frame of every video is {kind}.", hint)


def check_regions(
    tracks: Mapping[str, Sequence[Track]],
    detections: Mapping[str, Detections],
    lengths: Mapping[str, int],
) -> None:
    """Refuse boxes that are shares of a picture, and those beyond the frames of their video.

    Args:
        tracks: Video -> its anomalies.
        detections: Video -> what was found.
        lengths: Video -> its frames, where they are known.

    Raises:
        DataError: There are such.
    """
    for video in tracks.keys() | detections.keys():
        found = detections.get(video)
        places = [(of.frames, of.boxes) for of in tracks.get(video, ())]
        places += [(found.frame, found.boxes)] if found is not None else []
        for frames, boxes in places:
            last = int(frames.max(initial=-1))
            if lengths and last >= lengths.get(video, 0):
                raise DataError(
                    f"{video}: a box in frame {last}, and {lengths.get(video, 0)} labels.",
                    "Frames count from 0.",
                )
            if len(boxes) and boxes.max() <= 1:
                raise DataError(f"{video}: boxes lie between 0 and 1.", "Give them in pixels.")

"""Anybody's scores, labels, detections and tracks: one file a video, named as the video is.

Read, and checked as a whole: each with a counterpart, of its length, and telling something.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.csv_table import BOX, read_csv, read_header
from vadkit.data.annotations.tracks import (
    EVALUATOR_COLUMNS,
    TRACK_COLUMNS,
    build_tracks,
    tracked_boxes,
)
from vadkit.data.dataset import Track
from vadkit.errors import DataError, NumericError
from vadkit.metrics.region_metrics import Detections
from vadkit.report.score_tables import COLUMNS, Floats, read_scores

Places = Mapping[str, Path | str]
"""Video -> the file that something of it is in, or words for it."""
Values = Mapping[str, NDArray[Any]]
"""Video -> (frames,) scores or labels."""

ENDINGS = (".npy", ".csv", ".txt")
FINITE = "Nothing is computed over numbers that are not finite: find out where it comes from."


def files(folder: Path) -> dict[str, Path]:
    """Video -> its file, in order of name.

    Raises:
        DataError: There is none, or two are of one video.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder.", "Give the folder with one file a video.")
    paths: dict[str, Path] = {}
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS):
        if path.stem in paths:
            raise DataError(f"{path} and {paths[path.stem]} are both of the video {path.stem!r}.")
        paths[path.stem] = path
    if not paths:
        raise DataError(f"{folder} holds no {', '.join(ENDINGS)} file.")
    return paths


def read_frame_scores(path: Path, raw: bool = False) -> Floats:
    """(frames,) from a .npy file, from vadkit's own table, or from a column of numbers.

    Args:
        path: The file.
        raw: Of vadkit's own table, take the scores before smoothing.

    Raises:
        DataError: It cannot be read, or holds something else; the message names file and row.
        NumericError: A score is not finite.
    """
    if path.suffix.lower() == ".npy":
        return _array(path)
    if tuple(read_header(path)[: len(COLUMNS)]) != COLUMNS:
        rows = read_csv(path, ("score",), header="any", blanks=True)
        return np.array([row.floats(("score",), NumericError)[0] for row in rows], np.float64)
    scores = read_scores(path).scores
    return scores.raw if raw else scores.smooth


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


def _array(path: Path) -> Floats:
    try:
        loaded = np.load(path, allow_pickle=False)
        values = np.asarray(loaded, np.float64).reshape(max(loaded.shape, default=1))
    except (ValueError, OSError, EOFError) as error:
        raise DataError(f"{path} holds no row of numbers: {error}.") from error
    if not np.isfinite(values).all():
        frame = int(np.argmin(np.isfinite(values)))
        raise NumericError(f"{path}: the score of frame {frame} is {values[frame]}.", FINITE)
    return values


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
                "Every frame needs one score and one label.",
            )


def check_telling(paths: Places, scores: Values, labels: Values, source: Path | str) -> None:
    """Refuse what figures can be computed of, but say nothing.

    Raises:
        DataError: A file's scores are all the same, or all labels are.
    """
    hint = "An AUC of it says nothing; with --anyway it is told all the same, with a note."
    for video, path in paths.items():
        if len(scores[video]) > 1 and np.ptp(scores[video]) == 0:
            raise DataError(f"{path}: all scores are {scores[video][0]:g}.", hint)
    classes = np.unique(np.concatenate([*labels.values()]))
    if len(classes) == 1:
        kind = "anomalous" if classes[0] else "normal"
        raise DataError(f"{source}: every frame of every video is {kind}.", hint)

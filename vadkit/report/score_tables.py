"""Score tables: `scores/<video>.csv`, a row for each frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.csv_table import CsvRow, read_csv, read_header
from vadkit.errors import DataError
from vadkit.metrics.region_metrics import Detections
from vadkit.runs.atomic import write_text
from vadkit.scoring.protocol import FrameScores
from vadkit.utils.text_tables import csv_text

Floats = NDArray[np.float64]
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

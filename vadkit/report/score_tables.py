"""Score tables: `scores/<video>.csv`, a row for each frame."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.errors import DataError
from vadkit.metrics.region_metrics import Detections
from vadkit.runs.atomic import write_text
from vadkit.scoring.protocol import FrameScores

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
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *map(text_cell, table.tasks)])
    times = ["" if np.isnan(time) else f"{time:.6f}" for time in table.times]
    numbers = [map(repr, column.tolist()) for column in columns]
    writer.writerows(zip(range(len(times)), times, *numbers, strict=True))
    write_text(path, text.getvalue())


def write_regions(path: Path, found: Detections) -> None:
    """Write `frame,x1,y1,x2,y2,score`, a row for each object or region.

    Raises:
        ResourceError: The disk is full.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(REGIONS)
    for frame, box, score in zip(found.frame, found.boxes.tolist(), found.score, strict=True):
        writer.writerow([frame, *(f"{side:.2f}" for side in box), repr(float(score))])
    write_text(path, text.getvalue())


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
    with path.open(encoding="utf-8-sig", newline="") as lines:
        header, *rows = list(csv.reader(lines)) or [[]]
    if tuple(header[: len(COLUMNS)]) != COLUMNS:
        raise DataError(
            f"{path}: the first line is not {','.join(COLUMNS)}.", "Is it a score file?"
        )
    values = np.array([_numbers(path, i, row, len(header)) for i, row in enumerate(rows)])
    _, times, smooth, raw, *tasks = values.reshape(-1, len(header)).T
    names = [name.removeprefix("'") for name in header[len(COLUMNS) :]]
    return ScoreTable(times, FrameScores(raw, smooth), dict(zip(names, tasks, strict=True)))


def text_cell(text: str) -> str:
    """Make a text harmless in a spreadsheet, which takes some beginnings for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _numbers(path: Path, row: int, cells: list[str], columns: int) -> list[float]:
    hint = "Rows are frames from 0, in order, and every cell but the time holds a number."
    where = f"{path}, line {row + 2}"
    if len(cells) != columns:
        raise DataError(f"{where}: {len(cells)} cells under {columns} columns.", hint)
    frame, time, *scores = cells
    try:
        numbers = [float(frame), float(time or "nan"), *map(float, scores)]
    except ValueError as error:
        raise DataError(f"{where}: {error}.", hint) from None
    if numbers[0] != row:
        raise DataError(f"{where}: frame {frame} where frame {row} belongs.", hint)
    if not np.isfinite(numbers[2:]).all():
        raise DataError(f"{where}: a score is not finite.", hint)
    return numbers

"""Frame labels from ranges of frames and from intervals in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.csv_table import CsvRow, read_csv
from vadkit.data.annotations.frame_labels import Labels
from vadkit.errors import DataError

_TIMES = ("start_s", "end_s")


@dataclass(frozen=True)
class Interval:
    """An anomalous stretch of a clip: start <= t < end, in seconds."""

    row: int
    """Line of the file it was read from, from 1."""
    start_s: float
    end_s: float


def range_labels(source: str, ranges: Sequence[tuple[int, int]], frames: int) -> Labels:
    """Labels of `frames` frames from ranges that count from 1 and include both ends.

    Raises:
        DataError: A range is reversed or reaches beyond the video.
    """
    labels = np.zeros(frames, np.uint8)
    for first, last in ranges:
        if not 1 <= first <= last <= frames:
            raise DataError(f"{source}: range {first}:{last} does not fit {frames} frames.")
        labels[first - 1 : last] = 1
    return labels


def read_intervals(path: Path) -> dict[str, list[Interval]]:
    """Intervals by clip from a CSV `clip,start_s,end_s`; a row `clip,,` has a clip without any.

    Raises:
        DataError: A row is not two numbers, reversed, negative or overlaps another of its clip.
    """
    clips: dict[str, list[Interval]] = {}
    for row in read_csv(path, ("clip", *_TIMES)):
        intervals = clips.setdefault(row.cells["clip"], [])
        if any(row.cells[time] for time in _TIMES):
            intervals.append(_interval(row, intervals))
    return clips


def interval_labels(
    source: str, intervals: Sequence[Interval], times: NDArray[np.float64]
) -> Labels:
    """Labels of the frames shown at `times` (frames,), in seconds from the start.

    Raises:
        DataError: An interval ends after the clip.
    """
    labels = np.zeros(len(times), np.uint8)
    step = times[-1] / max(1, len(times) - 1)
    for interval in intervals:
        # The last frame is shown for a step, and people round up.
        if interval.end_s > times[-1] + 2 * step:
            raise DataError(
                f"{source}, row {interval.row}: ends at {interval.end_s:g} s, but the last frame "
                f"is at {times[-1]:.2f} s."
            )
        labels[(times >= interval.start_s) & (times < interval.end_s)] = 1
    return labels


def _interval(row: CsvRow, earlier: Sequence[Interval]) -> Interval:
    interval = Interval(row.number, *row.floats(_TIMES))
    if min(interval.start_s, interval.end_s) < 0:
        raise row.error("a time in seconds is below 0")
    if interval.end_s <= interval.start_s:
        raise row.error("the interval ends before it starts")
    for other in earlier:
        if interval.start_s < other.end_s and other.start_s < interval.end_s:
            raise row.error(f"the interval overlaps that of row {other.row}")
    return interval

"""Frame labels: reading them from every form that data sets use, and refusing what is doubtful.

Data sets have arrays, tables, pixel masks, ranges of frames or intervals in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.csv_table import CsvRow, read_csv
from vadkit.data.annotations.numbers import one_row, read_numbers
from vadkit.errors import DataError

_TIMES = ("start_s", "end_s")
Labels = NDArray[np.uint8]
"""(frames,) with 1 where a frame is anomalous, else 0."""


def check_length(video: str, frames: int, labels: int) -> None:
    """Refuse labels that do not fit the frames that were decoded.

    Raises:
        DataError: The numbers differ.
    """
    if frames != labels:
        raise DataError(
            f"{video}: {frames} frames, {labels} labels.",
            "Check that the video is whole and that the labels are of this version of it.",
        )


def read_labels(path: Path) -> Labels:
    """Labels from a file in one of the forms of `read_numbers`.

    Raises:
        DataError: Anything in it is neither 0 nor 1; the message names file and row.
    """
    unit, values = read_numbers(path, "label")
    return _checked(path, values, unit).astype(np.uint8)


def read_labels_in_part(path: Path) -> NDArray[np.float64]:
    """Labels (frames,) as `read_labels` reads them, NaN where a frame shall not count.

    Raises:
        DataError: Anything in it is neither 0 nor 1 nor NaN; the message names file and row.
    """
    unit, values = read_numbers(path, "label")
    return _checked(path, values, unit, unknown=True)


def mask_labels(masks: Iterable[NDArray[np.bool_]]) -> Labels:
    """Label the frames whose mask (H, W) has an anomalous pixel."""
    return np.array([mask.any() for mask in masks], np.uint8)


def checked_labels(place: Path | str, values: NDArray[Any]) -> Labels:
    """Labels from an array (N,), (1, N) or (N, 1) of 0 and 1.

    Raises:
        DataError: It has another shape or other values; the message names the place.
    """
    values = one_row(place, values)
    return _checked(place, [*enumerate(values.tolist())], "frame").astype(np.uint8)


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
        DataError: There is no row, or one is not two numbers, reversed, negative or at odds with
            another of its clip.
    """
    clips: dict[str, list[Interval]] = {}
    normal: set[str] = set()
    for row in read_csv(path, ("clip", *_TIMES)):
        clip = row.cells["clip"]
        if clip in normal or (clip in clips and not any(row.cells[time] for time in _TIMES)):
            raise row.error(f"{clip} is normal throughout in one row, and is not in another")
        intervals = clips.setdefault(clip, [])
        if any(row.cells[time] for time in _TIMES):
            intervals.append(_interval(row, intervals))
        else:
            normal.add(clip)
    if not clips:
        raise DataError(f"{path} holds no row.", "`NAME,,` says that a video is normal throughout.")
    return clips


def interval_labels(
    source: str, intervals: Sequence[Interval], times: NDArray[np.float64]
) -> Labels:
    """Labels of the frames shown at `times` (frames,), in seconds from the start.

    Raises:
        DataError: An interval ends after the clip or holds no frame, or nobody says when frames
            are shown.
    """
    if intervals and np.isnan(times).any():
        raise DataError(
            f"{source}, row {intervals[0].row}: nobody says how many frames a second the clip has.",
            "Say it; for frame folders of the data set `folder`, with --set data.target.fps=25.",
        )
    labels = np.zeros(len(times), np.uint8)
    step = times[-1] / max(1, len(times) - 1)
    for interval in intervals:
        # The last frame is shown for a step, and people round up.
        if interval.end_s > times[-1] + 2 * step:
            raise DataError(
                f"{source}, row {interval.row}: ends at {interval.end_s:g} s, but the last frame "
                f"is at {times[-1]:.2f} s."
            )
        inside = (times >= interval.start_s) & (times < interval.end_s)
        if not inside.any():
            raise DataError(f"{source}, row {interval.row}: no frame is shown in this interval.")
        labels[inside] = 1
    return labels


def _checked(
    path: Path | str, values: Sequence[tuple[int, Any]], unit: str, *, unknown: bool = False
) -> NDArray[np.float64]:
    if not values:
        raise DataError(f"{path} holds no labels.")
    numbers = [_number(value) for _, value in values]
    for (at, value), number in zip(values, numbers, strict=True):
        known = number in (0.0, 1.0) or (unknown and str(value).lower() == "nan")
        if not known:
            raise DataError(f"{path}, {unit} {at}: {value!r} is neither 0 nor 1.")
    return np.array(numbers)


def _number(value: Any) -> float:
    """The number that a cell says, or NaN."""
    try:
        return float({"true": 1, "false": 0}.get(str(value).lower(), value))
    except ValueError:
        return float("nan")


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

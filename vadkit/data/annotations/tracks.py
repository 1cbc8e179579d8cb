"""Tracks: put together from the frames that an anomaly is seen in, and checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from vadkit.data.annotations.csv_table import BOX, CsvRow, read_csv
from vadkit.data.dataset import Track
from vadkit.errors import DataError

EVALUATOR_COLUMNS = ("track", "frame", *BOX)
"""Of the published evaluator's files."""
TRACK_COLUMNS = ("track", "kind", "frame", *BOX)
"""Of the files of the standard layout."""

BEYOND = 1.1
"""How many times a picture's sides tracks may reach: some are drawn over its edge."""
ANY_KIND = "anomaly"
"""The kind where a data set does not say."""


@dataclass(frozen=True)
class TrackedBox:
    """An anomaly in one frame."""

    track: object
    """What tells it from the video's other anomalies."""
    frame: int
    """From 0."""
    box: Sequence[float]
    """x1, y1, x2, y2 in pixels."""
    kind: str = ANY_KIND


def build_tracks(boxes: Iterable[TrackedBox], dtype: Any = np.float32) -> list[Track]:
    """Each anomaly's track, in order of appearance, its frames in order of time."""
    by_track: defaultdict[object, list[TrackedBox]] = defaultdict(list)
    for box in boxes:
        by_track[box.track].append(box)
    ordered = [sorted(track, key=lambda box: box.frame) for track in by_track.values()]
    return [_track(track, dtype) for track in ordered]


def tracked_boxes(rows: Iterable[CsvRow], *, unique: bool = False) -> Iterator[TrackedBox]:
    """The boxes of a file of tracks; tracks of one number and another `kind` are two.

    Raises:
        DataError: A row has no track, kind, frame from 0 or box, or is a track's second box in a
            frame, and those have to be `unique`.
    """
    earlier: set[tuple[object, int]] = set()
    for row in rows:
        for column in ("track", "kind"):
            if row.cells.get(column) == "":
                raise row.error(f"{column} is empty")
        kind, frame = row.cells.get("kind", ANY_KIND), row.whole("frame")
        box = TrackedBox((row.cells["track"], kind), frame, row.box(), kind)
        if unique and (box.track, frame) in earlier:
            raise row.error(f"a track has two boxes in frame {frame}")
        earlier.add((box.track, frame))
        yield box


def read_tracks(path: Path) -> list[Track]:
    """Tracks from a file `track,kind,frame,x1,y1,x2,y2` with that header, frames from 0.

    Raises:
        DataError: A row is something else.
    """
    return build_tracks(tracked_boxes(read_csv(path, TRACK_COLUMNS)))


def read_evaluator_tracks(path: Path) -> list[Track]:
    """Tracks from a file of the published evaluator of RBDC and TBDC.

    Its rows are `track,frame,x1,y1,x2,y2`, frames from 0; x2 and y2 are the last pixels inside.

    Raises:
        DataError: A row is something else.
    """
    rows = read_csv(path, EVALUATOR_COLUMNS, header="none", blanks=True)
    return build_tracks(_with_last_pixels(box) for box in tracked_boxes(rows))


def _with_last_pixels(box: TrackedBox) -> TrackedBox:
    """A box ends where its last pixel ends."""
    x1, y1, x2, y2 = box.box
    return replace(box, box=(x1, y1, x2 + 1, y2 + 1))


def check_tracks(video: str, tracks: Sequence[Track], frames: int, size: tuple[int, int]) -> None:
    """Refuse tracks that do not fit a video of so many frames of this height and width.

    Raises:
        DataError: A track is in a frame that the video does not have, a box has no area, or boxes
            are shares of a picture or of a larger one.
    """
    _check_sizes(video, tracks, *size)
    for track in tracks:
        beyond = track.frames[(track.frames < 0) | (track.frames >= frames)]
        if beyond.size:
            raise DataError(
                f"{video}: a track is in frame {beyond[0]}, but the video has {frames} frames.",
                "Check that frames count from 0, and that the tracks are of this version of it.",
            )
        empty = track.frames[(track.boxes[:, 2:] <= track.boxes[:, :2]).any(axis=1)]
        if empty.size:
            raise DataError(f"{video}: a track's box in frame {empty[0]} has no area.")


def _check_sizes(video: str, tracks: Sequence[Track], height: int, width: int) -> None:
    ends = [track.boxes[:, 2:].max(axis=0) for track in tracks if len(track.boxes)]
    x, y = np.max(ends, axis=0) if ends else (width, height)
    beyond = x > BEYOND * width or y > BEYOND * height
    if beyond or max(x, y) <= 1:
        raise DataError(
            f"{video}: tracks reach to {x:g},{y:g}, and its frames are {width}x{height} pixels.",
            "Give boxes in pixels of this video: x1,y1,x2,y2.",
        )


def _track(boxes: Sequence[TrackedBox], dtype: Any) -> Track:
    frames = np.array([box.frame for box in boxes], np.int64)
    return Track(boxes[0].kind, frames, np.array([box.box for box in boxes], dtype))

"""Tracks: put together from the frames that an anomaly is seen in, and checked."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vadkit.data.annotations.frame_labels import parse_number
from vadkit.data.dataset import Track
from vadkit.errors import DataError

COLUMNS = 6
"""Of the published evaluator's files: track, frame, x1, y1, x2, y2."""


@dataclass(frozen=True)
class TrackedBox:
    """An anomaly in one frame."""

    track: object
    """What tells it from the video's other anomalies."""
    frame: int
    """From 0."""
    box: Sequence[float]
    """x1, y1, x2, y2 in pixels."""
    kind: str = "anomaly"


def build_tracks(sightings: Iterable[TrackedBox]) -> list[Track]:
    """Each anomaly's track, in order of appearance, its frames in order of time."""
    by_track: defaultdict[object, list[TrackedBox]] = defaultdict(list)
    for one in sightings:
        by_track[one.track].append(one)
    return [_track(sorted(found, key=lambda one: one.frame)) for found in by_track.values()]


def read_evaluator_tracks(path: Path) -> list[Track]:
    """Tracks from a file of the published evaluator of RBDC and TBDC.

    Its rows are `track,frame,x1,y1,x2,y2`, frames from 0; x2 and y2 are the last pixels inside.

    Raises:
        DataError: A row is something else.
    """
    lines = enumerate(path.read_text("utf-8-sig").splitlines(), 1)
    return build_tracks(
        _tracked_box(f"{path}, row {row}", line) for row, line in lines if line.strip()
    )


def check_tracks(video: str, tracks: Iterable[Track], frames: int) -> None:
    """Refuse tracks that do not fit the video.

    Raises:
        DataError: A track is in a frame that the video does not have, or a box has no area.
    """
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


def _tracked_box(place: str, line: str) -> TrackedBox:
    values = [parse_number(cell) for cell in re.split(r"[,\s]+", line.strip())]
    if len(values) != COLUMNS or not np.isfinite(values).all() or values[1] % 1:
        raise DataError(f"{place}: not `track,frame,x1,y1,x2,y2`.")
    track, frame, x1, y1, x2, y2 = values
    # A box ends where its last pixel ends.
    return TrackedBox(track, int(frame), (x1, y1, x2 + 1, y2 + 1))


def _track(seen: Sequence[TrackedBox]) -> Track:
    frames = np.array([one.frame for one in seen], np.int64)
    return Track(seen[0].kind, frames, np.array([one.box for one in seen], np.float32))

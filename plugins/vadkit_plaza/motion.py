"""How things move: along a route, frame after frame."""

# ruff: noqa: PLR2004 -- a drawing is made of numbers

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FPS = 25

Place = tuple[float, float]
"""Metres to the right of the camera and away from it."""


@dataclass(frozen=True)
class Motion:
    """Position and progress in each frame of an actor's life."""

    places: Array
    """(M, 2) metres to the right and away."""
    headings: Array
    """(M,) radians; 0 is to the right, pi/2 away."""
    way: Array
    """(M,) metres gone so far."""
    pace: Array
    """(M,) speed as a share of the full speed."""

    def __len__(self) -> int:
        return len(self.way)


def along(
    route: Sequence[Place], speed: float, rest: tuple[float, int] | None = None, ease: int = 10
) -> Motion:
    """Move along a route from its start to its end.

    Args:
        route: Corner points.
        speed: Metres a second.
        rest: Share of the route at which to stand, and for how many frames.
        ease: Frames over which speed and direction change.
    """
    corners = np.array(route, dtype=np.float64)
    marks = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    pace = _pace(float(marks[-1]), speed, rest, ease)
    way = np.cumsum(pace) * speed / FPS
    places = np.stack([np.interp(way, marks, corners[:, n]) for n in (0, 1)], axis=1)
    places = np.stack([_smooth(places[:, n], ease) for n in (0, 1)], axis=1)
    return Motion(places, _headings(places), way, pace)


def _pace(length: float, speed: float, rest: tuple[float, int] | None, ease: int) -> Array:
    frames = max(2, int(length / speed * FPS))
    if rest is None:
        return np.ones(frames)
    before = int(frames * rest[0])
    pace = np.concatenate([np.ones(before), np.zeros(rest[1]), np.ones(frames - before)])
    return _smooth(pace, ease)


def _smooth(values: Array, window: int) -> Array:
    """Running mean with repeated ends."""
    padded = np.pad(values, window // 2, mode="edge")
    sums = np.cumsum(np.concatenate([[0.0], padded]))
    size = 2 * (window // 2)
    return ((sums[size:] - sums[:-size]) / size)[: len(values)]


def _headings(places: Array) -> Array:
    """Direction of motion, held while standing still."""
    angles, last = [], 0.0
    steps = np.diff(places, axis=0, append=places[-1:])
    for x, z in steps.tolist():
        last = atan2(z, x) if x * x + z * z > 1e-6 else last
        angles.append(last)
    return np.array(angles)

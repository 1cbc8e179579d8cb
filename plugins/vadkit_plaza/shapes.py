"""Solid shapes in metres, a pinhole camera, and drawing them as numbered parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float, float]
"""Metres to the right of the camera, above the ground, and away from the camera."""
Labels = NDArray[np.uint8]
"""(H, W) part numbers, 0 where nothing is drawn."""

SHIFT = 4
"""Fraction bits of drawn coordinates, so that slow things move by parts of a pixel."""


class Limb(NamedTuple):
    """A capsule; a ball where both ends are one point."""

    start: Point
    end: Point
    radius: float
    part: int


class Hull(NamedTuple):
    """What the points enclose, seen from anywhere."""

    points: tuple[Point, ...]
    part: int


Shape = Limb | Hull


Seen = tuple[float, float, float]
"""A point in the image: pixels to the right, down, and pixels a metre."""
View = Callable[[Point], Seen]


@dataclass(frozen=True)
class Camera:
    """A pinhole above level ground; the image plane is upright, so that verticals stay so."""

    focal: float
    """Pixels."""
    height: float
    """Metres above the ground."""
    horizon: float
    """Image row of the horizon, negative above the image."""
    centre: float = 120.0
    """Image column straight ahead."""

    def see(self, point: Point) -> Seen:
        """Project a point."""
        x, y, z = point
        scale = self.focal / z
        return self.centre + x * scale, self.horizon + (self.height - y) * scale, scale

    def depth(self, row: float) -> float:
        """Distance of the ground seen in an image row, in metres."""
        return self.focal * self.height / (row - self.horizon)

    def reach(self, depth: float) -> float:
        """Metres from the image's middle to its side at a distance."""
        return self.centre * depth / self.focal


@dataclass(frozen=True)
class Sun:
    """Where shadows fall: metres to the right and away for each metre of height."""

    right: float
    away: float
    strength: int
    """Darkening in 1/256."""

    def cast(self, point: Point) -> Point:
        """The point of the ground that lies in a point's shadow."""
        x, y, z = point
        return (x + self.right * y, 0.0, z + self.away * y)


def far_to_near(shapes: Sequence[Shape]) -> list[Shape]:
    """The shapes in the order in which they hide one another, by their mean distance."""
    return sorted(shapes, key=_distance, reverse=True)


def _distance(shape: Shape) -> float:
    if isinstance(shape, Limb):
        return (shape.start[2] + shape.end[2]) / 2
    return sum(point[2] for point in shape.points) / len(shape.points)


def draw(canvas: Labels, shapes: Sequence[Shape], view: View, zoom: int) -> None:
    """Draw shapes, each over those before it.

    Args:
        canvas: (zoom·H, zoom·W), drawn on.
        shapes: What to draw, from far to near.
        view: The projection.
        zoom: Canvas pixels an image pixel.
    """
    fixed = zoom << SHIFT
    for shape in shapes:
        if isinstance(shape, Limb):
            _limb(canvas, shape, view, fixed)
        else:
            _hull(canvas, shape, view, fixed)


def _limb(canvas: Labels, limb: Limb, view: View, fixed: int) -> None:
    u, v, near = view(limb.start)
    start = (int(u * fixed), int(v * fixed))
    u, v, far = view(limb.end)
    width = max(1, round((near + far) * limb.radius * fixed / (1 << SHIFT)))
    cv2.line(canvas, start, (int(u * fixed), int(v * fixed)), limb.part, width, cv2.LINE_8, SHIFT)


def _hull(canvas: Labels, hull: Hull, view: View, fixed: int) -> None:
    projected = [view(point) for point in hull.points]
    points = np.array([(int(u * fixed), int(v * fixed)) for u, v, _ in projected], dtype=np.int32)
    cv2.fillConvexPoly(canvas, cv2.convexHull(points), hull.part, cv2.LINE_8, SHIFT)


def ball(centre: Point, radius: float, part: int) -> Limb:
    """A ball."""
    return Limb(centre, centre, radius, part)

"""What an object stands on: the colour around its foot, beside training objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.api import Evidence, Rows, Seen, box_pixels, neighbour_distance
from vadkit_evidence.cards import GroundConfig

ASIDE, BELOW = 0.3, 0.15
"""How far to each side of the box, and above and below its lower edge, ground is looked at: in
heights of the box."""


class Ground(Evidence[GroundConfig]):
    """The ground at an object's foot.

    A few tracks of training objects show few of the places that people go to, but most of what they
    walk on: so who walks on a lawn is told from who walks on a path that nobody took before.

    Attributes:
        distance: Mean distance of the ground's colour in CIELAB to that of training objects.
    """

    def describe(self, frames: Iterator[Seen]) -> Iterator[Rows]:
        """(n, 3): lightness from 0 to 100, green to red and blue to yellow."""
        for seen in frames:
            image = seen.frame.image
            colours = [
                np.median(_ground(image, *box), axis=0) for box in box_pixels(seen.boxes, image)
            ]
            yield _lab(np.array(colours, np.float32).reshape(-1, image.shape[2]))

    def fit(self, rows: Rows, videos: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """The descriptions themselves."""
        return {"rows": rows, "videos": videos}

    def measure(
        self, rows: Rows, bank: Any, videos: NDArray[np.int64] | None = None
    ) -> dict[str, NDArray[np.floating[Any]]]:
        """The attribute (n,)."""
        apart = None if videos is None else (videos, bank["videos"])
        return {"distance": neighbour_distance(rows, bank["rows"], self.config.neighbours, apart)}


def _ground(
    image: NDArray[np.uint8], left: int, top: int, right: int, bottom: int
) -> NDArray[np.uint8]:
    """(k, C) pixels around the lower edge of a box and outside it; within, where all else is."""
    aside, below = (round(share * (bottom - top)) + 1 for share in (ASIDE, BELOW))
    first_row, first_column = max(0, bottom - below), max(0, left - aside)
    band = image[first_row : bottom + below, first_column : right + aside]
    outside = np.ones(band.shape[:2], bool)
    outside[: bottom - first_row, left - first_column : right - first_column] = False
    return band[outside] if outside.any() else band.reshape(-1, image.shape[2])


def _lab(colours: NDArray[np.float32]) -> Rows:
    """(n, 3) in CIELAB of (n, C) from 0 to 255, grey or RGB."""
    if not len(colours):
        return np.zeros((0, 3), np.float32)
    rgb = np.broadcast_to(colours / 255, (len(colours), 3))
    return np.asarray(
        cv2.cvtColor(np.ascontiguousarray(rgb[None]), cv2.COLOR_RGB2LAB)[0], np.float32
    )

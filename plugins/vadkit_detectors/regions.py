"""From pixels that move to boxes: what detectors of motion have in common ([002] 3.1)."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.api import Boxes

Mask = NDArray[np.uint8]
"""(H, W) with 1 where something moves."""


class Regions(NamedTuple):
    """Connected regions by number; number 0 is what does not move."""

    labels: NDArray[np.int32]
    """(H, W) number of each pixel's region."""
    places: NDArray[np.int32]
    """(n, 5) left, top, width, height and pixels of each."""

    def boxes(self, numbers: NDArray[np.int64]) -> Boxes:
        """(k, 5): boxes of some, each with confidence 1."""
        left, top, width, height, _ = self.places[numbers].T
        return box_rows(left, top, left + width, top + height)

    def large(self, min_area: float) -> NDArray[np.int64]:
        """(k,) numbers of those of a share of the image, or of so many pixels, from 1 on."""
        least = min_area if min_area >= 1 else min_area * self.labels.size
        return np.flatnonzero(self.places[1:, cv2.CC_STAT_AREA] >= least) + 1


def find_regions(moving: Mask, closing: float) -> Regions:
    """The connected regions, gaps up to a share of the image's height closed."""
    side = max(3, round(closing * moving.shape[0])) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(moving, cv2.MORPH_CLOSE, kernel)
    _, labels, places, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    return Regions(np.asarray(labels, np.int32), np.asarray(places, np.int32))


def box_rows(left: object, top: object, right: object, bottom: object) -> Boxes:
    """(n, 5) from the sides (n,), with confidence 1."""
    sides = np.stack([np.asarray(side, np.float32) for side in (left, top, right, bottom)], axis=1)
    return np.concatenate([sides, np.ones((len(sides), 1), np.float32)], axis=1)


def blacked_out(image: NDArray[np.uint8], boxes: Boxes, value: int = 0) -> NDArray[np.uint8]:
    """A copy of an image or mask without what lies in boxes that were found before."""
    left_over = image.copy()
    for left, top, right, bottom in boxes[:, :4].round().astype(int):
        left_over[top:bottom, left:right] = value
    return left_over

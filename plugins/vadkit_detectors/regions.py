"""From pixels that move to boxes: what detectors of motion have in common ([002] 3.1)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.api import Boxes

Mask = NDArray[np.uint8]
"""(H, W) with 1 where something moves."""


def region_boxes(moving: Mask, closing: float, min_area: float) -> Boxes:
    """Boxes around the connected regions, each with confidence 1.

    Args:
        moving: Where something moves.
        closing: Gaps that are closed, as a share of the image's height.
        min_area: Smallest region: a share of the image, or pixels from 1 on.
    """
    side = max(3, round(closing * moving.shape[0])) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(moving, cv2.MORPH_CLOSE, kernel)
    _, _, regions, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    least = min_area if min_area >= 1 else min_area * moving.size
    left, top, width, height, pixels = regions[1:].T
    boxes = np.stack([left, top, left + width, top + height, np.ones_like(left)], axis=1)
    return boxes[pixels >= least].astype(np.float32)


def blacked_out(image: NDArray[np.uint8], boxes: Boxes, value: int = 0) -> NDArray[np.uint8]:
    """A copy of an image or mask without what lies in boxes that were found before."""
    left_over = image.copy()
    for left, top, right, bottom in boxes[:, :4].round().astype(int):
        left_over[top:bottom, left:right] = value
    return left_over

"""People side by side who move as one region, told apart by the valleys between their heads."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.api import Boxes
from vadkit_detectors.regions import Regions, box_rows

TALL = 0.7
"""Each of several people reaches so much of the region's height; a cart does not."""
SLIM = 0.12
"""A person is at least so wide, as a share of the height."""

Pixels = NDArray[np.bool_]
"""(h, w): a region within its box."""


def split_groups(regions: Regions, numbers: NDArray[np.int64], valley: float) -> Boxes:
    """Boxes (k, 5) of some regions, those of groups cut between people.

    Args:
        regions: What moves.
        numbers: Which regions.
        valley: A region is cut where it is lower than this share of its height on both sides.
    """
    boxes = [np.empty((0, 5), np.float32)]
    for left, top, width, height, number in np.c_[regions.places[numbers, :4], numbers].tolist():
        pixels = regions.labels[top : top + height, left : left + width] == number
        ends = [0, *cuts(pixels, valley), width]
        for start, end in pairwise(ends):
            x, y, w, h = cv2.boundingRect(pixels[:, start:end].astype(np.uint8))
            x, y = x + left + start, y + top
            boxes.append(box_rows([x], [y], [x + w], [y + h]))
    return np.concatenate(boxes)


def cuts(pixels: Pixels, valley: float) -> list[int]:
    """Columns at which a region is cut, in order."""
    height = len(pixels)
    slim = max(1, round(SLIM * height))
    heights = np.where(pixels.any(axis=0), height - pixels.argmax(axis=0), 0).astype(np.float32)
    blurred = cv2.blur(heights[None], (slim // 2 | 1, 1), borderType=cv2.BORDER_REPLICATE)[0]
    return _cuts(blurred, TALL * height, slim, valley)


def _cuts(heights: NDArray[np.float32], tall: float, slim: int, valley: float) -> list[int]:
    if len(heights) < 2 * slim + 1:
        return []
    left, right = np.maximum.accumulate(heights), np.maximum.accumulate(heights[::-1])[::-1]
    beside = np.minimum(left, right)[slim:-slim]
    depth = np.where(beside >= tall, heights[slim:-slim] / np.maximum(beside, 1), np.inf)
    column = int(depth.argmin()) + slim
    if depth[column - slim] > valley:
        return []
    after = _cuts(heights[column:], tall, slim, valley)
    return [*_cuts(heights[:column], tall, slim, valley), column, *(column + cut for cut in after)]

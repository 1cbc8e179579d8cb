"""Objects as a network sees them that looks for them in a larger image."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

MULTIPLE = 32
"""Pixels a side of a cell of such a network's coarsest map."""
GREY = 114 / 255
"""What YOLO networks were trained to see beside the image."""


def in_canvas(frames: Tensor, size: tuple[int, int]) -> Tensor:
    """Stretch objects and surround them with grey: (B, 3, h, w) -> (B, 3, H, W).

    Args:
        frames: The objects, which fill their frames.
        size: Height and width to which they are stretched.

    Returns:
        Canvases whose sides are multiples, with at least a cell of grey on each side.
    """
    resized = F.interpolate(frames, size, mode="bilinear", antialias=True)
    return F.pad(resized, margins(size), value=GREY)


def margins(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Pixels of grey left, right, above and below."""
    high, wide = (2 * MULTIPLE + -side % MULTIPLE for side in size)
    return wide // 2, wide - wide // 2, high // 2, high - high // 2


def surest(probabilities: Tensor) -> Tensor:
    """(B, places, K) -> (B, K): those of the place with the greatest."""
    place = probabilities.amax(dim=2).argmax(dim=1)
    return probabilities[torch.arange(len(place)), place]

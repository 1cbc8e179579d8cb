"""Decoding: video files packet by packet, frame folders in natural order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Frame:
    """One frame of a video."""

    index: int
    """Position from 0."""
    time_s: float
    """Presentation time in seconds; the index over the rate for a folder."""
    image: NDArray[np.uint8]
    """(H, W, C), C 1 (grey) or 3 (RGB)."""
    repaired: bool = False
    """Whether the image stands in for one that could not be decoded."""

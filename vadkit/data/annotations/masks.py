"""Pixel masks of anomalies, read from images or a video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.data.video.open_video import open_video


def read_masks(path: Path) -> Iterator[NDArray[np.bool_]]:
    """Each frame's (H, W) mask from a folder of images (not 0) or a grey video (above 127).

    Raises:
        DataError: One of them cannot be decoded.
    """
    # A lossless file keeps 0 and 255; an object's number in an image may be as low as 1.
    threshold = 0 if path.is_dir() else 127
    for frame in open_video(path, strict=True).frames():
        yield np.asarray((frame.image > threshold).any(axis=2))  # (H, W, C) -> (H, W)

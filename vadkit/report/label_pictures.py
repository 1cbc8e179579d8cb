"""Labels over frames, so that a shift is seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.data.video.frame import to_channels
from vadkit.data.video.open_video import open_video
from vadkit.metrics.alarms import runs
from vadkit.runs.atomic import atomic_path

AROUND = (-10, -1, 0, 10)
"""Frames that are shown, relative to the first of an anomaly."""
MOST = 3
"""Anomalies of a video that are shown."""
WIDTH = 240
"""Pixels of a frame in the picture."""
ANOMALOUS, NORMAL = (200, 40, 40), (40, 140, 60)
"""Colours of the edge, RGB."""


def draw_labels(path: Path, video: Path, labels: NDArray[np.uint8]) -> None:
    """Draw frames before and after an anomaly begins, a row for each, edged by their labels.

    Raises:
        DataError: The video cannot be decoded.
    """
    starts = [first for first, _ in runs(labels)][:MOST] or [0]
    wanted = [[min(max(0, s + o), len(labels) - 1) for o in AROUND] for s in starts]
    numbers = {number for row in wanted for number in row}
    shown = {
        frame.index: _edged(frame.image, frame.index, bool(labels[frame.index]))
        for frame in open_video(video).frames()
        if frame.index in numbers
    }
    rows = [np.concatenate([shown[number] for number in row], axis=1) for row in wanted]
    with atomic_path(path) as temporary:
        cv2.imwrite(str(temporary), np.concatenate(rows)[..., ::-1])


def _edged(image: NDArray[np.uint8], number: int, anomalous: bool) -> NDArray[Any]:
    height = max(1, round(WIDTH * image.shape[0] / image.shape[1]))
    small = cv2.resize(to_channels(image, 3), (WIDTH, height))
    colour, text = (ANOMALOUS, "1") if anomalous else (NORMAL, "0")
    cv2.rectangle(small, (0, 0), (WIDTH - 1, height - 1), colour, 6)
    at = (10, height - 12)
    cv2.putText(small, f"{number}: {text}", at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 2)
    return np.asarray(small)

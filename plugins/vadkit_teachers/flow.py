"""Optical flow that needs no weights, by OpenCV."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.api import Teacher
from vadkit_teachers.flow_cards import DISConfig, FarnebackConfig
from vadkit_teachers.pixels import cells

Grey = NDArray[np.uint8]
"""(H, W)."""
Flow = NDArray[np.float32]
"""(H, W, 2): pixels to the right and down."""

SMALLEST = 32
"""Pixels a side below which DIS cannot lay its patches; smaller frames are padded."""

_PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}


class Farneback(Teacher[FarnebackConfig]):
    """Where each pixel of the frame before went: (B, 2, H/cell, W/cell), pixels right and down.

    [003] is silent on the parameters; the defaults are those of OpenCV's sample.
    """

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, 2, H, W) -> (B, 2, h, w)."""
        return cells(_flows(clips, self.between), self.config.cell)

    def between(self, before: Grey, now: Grey) -> Flow:
        """Flow from one image to the next."""
        config = self.config
        shape = (
            config.scale,
            config.levels,
            config.window,
            config.iterations,
            config.neighbours,
            config.deviation,
        )
        start = np.zeros((*before.shape, 2), np.float32)
        return np.asarray(cv2.calcOpticalFlowFarneback(before, now, start, *shape, 0), np.float32)


class DIS(Teacher[DISConfig]):
    """Where each pixel of the frame before went: (B, 2, H/cell, W/cell), pixels right and down."""

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, 2, H, W) -> (B, 2, h, w)."""
        return cells(_flows(clips, self.between), self.config.cell)

    def between(self, before: Grey, now: Grey) -> Flow:
        """Find the flow anew: the solver is made for each pair, so that it remembers none."""
        solver = cv2.DISOpticalFlow.create(_PRESETS[self.config.preset])
        height, width = before.shape
        more = (0, max(SMALLEST - height, 0), 0, max(SMALLEST - width, 0))
        first, second = (
            cv2.copyMakeBorder(image, *more, cv2.BORDER_REPLICATE) for image in (before, now)
        )
        start = np.zeros((*first.shape, 2), np.float32)
        return np.asarray(solver.calc(first, second, start)[:height, :width], np.float32)


def _flows(clips: Tensor, flow: Callable[[Grey, Grey], Flow]) -> Tensor:
    """(B, C, 2, H, W) -> (B, 2, H, W)."""
    frames = (clips * 255).round().byte().permute(0, 2, 3, 4, 1).cpu().numpy()
    flows = [flow(to_grey(before), to_grey(now)) for before, now in frames]
    return torch.from_numpy(np.stack(flows)).permute(0, 3, 1, 2).to(clips.device)


def to_grey(image: NDArray[np.uint8]) -> Grey:
    """(H, W, C) -> (H, W)."""
    if image.shape[2] == 1:
        return image[..., 0]
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)

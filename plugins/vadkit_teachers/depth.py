"""Depth as MiDaS gives it, inverse and relative: 0 is the farthest, 1 the nearest."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vadkit.api import Teacher
from vadkit_teachers import scene_cards
from vadkit_teachers.pixels import cells, own_frame
from vadkit_teachers.scene_cards import DPTConfig, GroundPlaneConfig
from vadkit_teachers.weights import Weights, pretrained

UNUSED = "neck.fusion_stage.layers.0.residual_layer1"
"""What published files lack: the first fusion has no second map, so nothing reads it."""


class GroundPlane(Teacher[GroundPlaneConfig]):
    """A plane's inverse depth (B, 1, H/cell, W/cell): 0 down to the horizon, then linear to 1.

    Stands in for a trained network: a camera that looks at level ground sees inverse depth grow
    with the rows below the horizon.
    """

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, 1, h, w)."""
        height, width = clips.shape[-2:]
        row = (torch.arange(height, device=clips.device) + 0.5) / height
        depth = ((row - self.config.horizon) / (1 - self.config.horizon)).clamp(min=0)
        plane = depth[:, None].expand(len(clips), 1, height, width)
        return cells(plane, self.config.cell)


class DPT(Teacher[DPTConfig]):
    """DPT on the clip's own frame (B, 1, H/cell, W/cell), each frame from 0 to 1.

    Source: Ranftl et al., ICCV 2021; the hybrid is what [003] takes. The network sees a square,
    with mean and deviation 0.5, as its authors' files are used.

    Raises:
        DataError: The weights are missing or of another network.
    """

    def __init__(self, config: DPTConfig) -> None:
        super().__init__(config)
        weights = Weights(scene_cards.DPT, config.weights)
        self.network = pretrained(weights, "DPTForDepthEstimation", UNUSED)

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, 1, h, w)."""
        frames = own_frame(clips)
        square = (self.config.size, self.config.size)
        resized = F.interpolate(frames, square, mode="bicubic", antialias=True)
        depth = self.network(pixel_values=(resized - 0.5) / 0.5).predicted_depth[:, None]
        full = F.interpolate(depth, tuple(frames.shape[-2:]), mode="bilinear")
        return cells(spread(full), self.config.cell)


def spread(depth: Tensor) -> Tensor:
    """(B, 1, H, W) -> each frame from 0 to 1; one of equal depth is 0."""
    low, high = depth.amin(dim=(1, 2, 3), keepdim=True), depth.amax(dim=(1, 2, 3), keepdim=True)
    return (depth - low) / (high - low).clamp(min=1e-6)

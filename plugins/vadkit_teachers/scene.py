"""A description of the scene that needs no weights: what the background looks like."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vadkit.api import Teacher
from vadkit_teachers.pixels import edges
from vadkit_teachers.scene_cards import SceneGridConfig

PIXELS = 8
"""Pixels a side to which each cell is reduced first: walkers stay visible, noise does not."""


class SceneGrid(Teacher[SceneGridConfig]):
    """Mean colour and edge energy of each cell's background: (B, D), D = 4·grid², norm 1.

    Stands in for the segmentation of [000]: like that one, it is blind to what moves and differs
    between cameras. A pixel of the clip's own frame is foreground where it is far from the median
    of the clip; a cell that shows nothing but foreground is 0.
    """

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, 4·grid²)."""
        small = self._reduced(clips)  # (B, 3, T, h, w)
        background = small.median(dim=2).values
        frame = small[:, :, small.shape[2] // 2]
        visible = (frame - background).abs().amax(dim=1, keepdim=True) < self.config.threshold
        looks = torch.cat([background, edges(background)], dim=1)  # (B, 4, h, w)
        share = F.avg_pool2d(visible.float(), PIXELS)  # (B, 1, grid, grid)
        cells = F.avg_pool2d(looks * visible, PIXELS) / share.clamp(min=PIXELS**-2)
        return F.normalize(cells.flatten(1), dim=1)

    def _reduced(self, clips: Tensor) -> Tensor:
        """Grey counts as three equal colours, so that D is the same for both."""
        side = self.config.grid * PIXELS
        frames = clips.transpose(1, 2)  # (B, T, C, H, W)
        small = F.adaptive_avg_pool2d(frames.flatten(0, 1), side)
        return small.unflatten(0, frames.shape[:2]).transpose(1, 2).expand(-1, 3, -1, -1, -1)

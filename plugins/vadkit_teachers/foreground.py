"""A segmentation that needs no weights: what differs from the background, by where it is."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vadkit.api import Teacher
from vadkit_teachers.pixels import cells
from vadkit_teachers.scene_cards import ForegroundConfig


class Foreground(Teacher[ForegroundConfig]):
    """Background and bands of foreground: (B, 1 + bands, H/cell, W/cell), summing to 1.

    Stands in for a trained segmentation: it is silent where nothing moves. A pixel of the clip's
    own frame is the likelier foreground the farther it is from the median of the clip. The bands
    are rows of equal height, far (top) to near, as a fixed camera sees its ground.
    """

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, 1 + bands, h, w)."""
        middle = clips[:, :, clips.shape[2] // 2]
        away = (middle - clips.median(dim=2).values).abs().amax(dim=1, keepdim=True)  # (B, 1, H, W)
        likely = cells(away / (away + self.config.threshold), self.config.cell)
        return torch.cat([1 - likely, likely * self._bands(likely)], dim=1)

    def _bands(self, likely: Tensor) -> Tensor:
        """(bands, h, 1): 1 in the band of each row."""
        bands, height = self.config.bands, likely.shape[-2]
        band = torch.arange(height, device=likely.device) * bands // height
        return F.one_hot(band, bands).T[:, :, None].to(likely.dtype)

"""Predict an object's middle crop from its past and its future together."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn

from vadkit.api import (
    Batch,
    Outputs,
    Shapes,
    Task,
    Views,
    difference,
    error,
    unexplained,
)
from vadkit_middle_box import Config


class MiddleBox(Task[Config]):
    """Interpolation: L = ‖H(F(X₁ … X_t, X_{t+2} … X_{2t+1})) - X_{t+1}‖₁.

    Source: Barbalau et al., CVIU 2023, T3. One pass sees both sides of the middle crop, where
    forward and backward prediction see one side each.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Take the middle crop out of the clip: (B, C, 2R, H, W), or 2R+1 frames, one black."""
        clip, reach = batch.clips, self.config.reach  # (B, C, 2R+1, H, W)
        before, middle, after = clip.split([reach, 1, reach], dim=2)
        gap = [torch.zeros_like(middle)] if self.config.middle == "zero" else []
        return Views({"clip": torch.cat([before, *gap, after], dim=2)}, {"middle": middle})

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder to one frame."""
        return shapes.heads.decoder(frames=1)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean difference over crop and batch."""
        norm = self.config.norm
        return {norm: difference(outputs["clip"], targets["middle"], norm)}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the difference `error` (B,) and the share `unexplained` of the crop's variance."""
        predicted, middle = outputs["clip"], targets["middle"]
        return {
            "error": error(predicted, middle, self.config.norm),
            "unexplained": unexplained(predicted, middle),
        }

"""Say how fast things move, from how they look, how far they are and their direction."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn

from vadkit.api import Batch, Outputs, Shapes, Task, Views, error_map, patch_max
from vadkit_flow_magnitude import Config

STILL = 1e-3
"""Pixels of motion below which it has no direction."""
GUIDES = 3
"""Channels of the attention's guide: |cos|, |sin|, depth."""


class FlowMagnitude(Task[Config]):
    """The motion branch: |flow(t)| from I(t), attended by distance and direction.

    Source: Baradaran and Bergevin, CVPRW 2023, 3.2 (branch, attention), 3.3 (patch loss, score).
    The guide holds the angle of the very flow whose magnitude is asked for, as in the paper.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Show the frame; target is the magnitude (B, 1, 1, H, W) of objects' flow."""
        flow = batch.context["flow"]  # (B, 2, H, W)
        speed = flow.norm(dim=1, keepdim=True)
        target = speed / self.config.scale
        if self.config.mask:
            target = target * self._objects(batch.context["segmentation"])
        guided = self.config.place != "none"
        context = {"guide": _guide(flow, speed, batch.context["depth"])} if guided else {}
        return Views({"frame": batch.clips}, {"speed": target[:, :, None]}, context)

    def _objects(self, classes: Tensor) -> Tensor:
        """(B, K, H, W) -> (B, 1, H, W) how likely there is an object."""
        chosen = classes[:, list(self.config.objects)] if self.config.objects else classes[:, 1:]
        return chosen.sum(dim=1, keepdim=True)

    def head(self, shapes: Shapes) -> nn.Module:
        """A pyramid decoder to one channel."""
        config = self.config
        if config.place == "none":
            return shapes.heads.pyramid(channels=1, scse=config.scse)
        return shapes.heads.pyramid(channels=1, scse=config.scse, guide=GUIDES, place=config.place)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the greatest mean square of the frame's patches."""
        return {"patch": patch_max(outputs["frame"], targets["speed"], self.config.grid)}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the absolute difference of each pixel `error` (B, H, W).

        [003] sums over the pixels; their mean, which counts, does not change with the frame's size.
        """
        return {"error": error_map(outputs["frame"], targets["speed"])}


def _guide(flow: Tensor, speed: Tensor, depth: Tensor) -> Tensor:
    """|cos| and |sin| of the flow's angle, 0 where nothing moves, and depth: (B, 3, H, W)."""
    direction = flow.abs() / speed.clamp(min=STILL) * (speed >= STILL)
    return torch.cat([direction, depth], dim=1)

"""Distil a pose estimation into the backbone."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vadkit.api import Batch, NoOptions, Outputs, Shapes, Task, Views, mse, squared_error


class Pose(Task[NoOptions]):
    """Pose distillation: the teacher's heatmap of each joint (B, J, h, w) of the middle crop.

    Source: Barbalau et al., CVIU 2023, T9. The heatmaps are resized to the crop, which is what the
    paper's decoders, all alike, give.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Show the middle crop."""
        crop = batch.clips  # (B, C, 1, H, W)
        joints = F.interpolate(batch.context["pose"], crop.shape[-2:], mode="bilinear")
        return Views({"crop": crop}, targets={"joints": joints[:, :, None]})  # (B, J, 1, H, W)

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder to one map of a channel for each joint."""
        return shapes.heads.decoder(frames=1, channels=shapes.context["pose"][0])

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean squared difference."""
        return {"l2": mse(outputs["crop"], targets["joints"])}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the mean squared difference of each object `error` (B,)."""
        return {"error": squared_error(outputs["crop"], targets["joints"])}

"""Distil a segmentation of objects into the backbone."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn

from vadkit.api import Batch, NoOptions, Outputs, Shapes, Task, Views, mse, squared_error


class Segmentation(Task[NoOptions]):
    """Segmentation distillation: the teacher's map (B, K, H, W) of the middle crop.

    Source: Barbalau et al., CVIU 2023, T7.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Show the middle crop."""
        classes = batch.context["segmentation"][:, :, None]  # (B, K, 1, H, W)
        return Views({"crop": batch.clips}, targets={"classes": classes})

    def head(self, shapes: Shapes) -> nn.Module:
        """A decoder to one map of a channel for each class."""
        return shapes.heads.decoder(frames=1, channels=shapes.context["segmentation"][0])

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean squared difference."""
        return {"l2": mse(outputs["crop"], targets["classes"])}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the mean squared difference of each object `error` (B,)."""
        return {"error": squared_error(outputs["crop"], targets["classes"])}

"""Foresee what will be where: the segmentation of a frame that is not seen."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor, nn

from vadkit.api import Batch, Outputs, Shapes, Task, Views, error_map, patch_max
from vadkit_future_segmentation import Config


class FutureSegmentation(Task[Config]):
    """The segmentation and prediction branch: S(t) from I(t-2) and I(t-1), without I(t).

    Source: Baradaran and Bergevin, CVPRW 2023, 3.1 (branch), 3.3 (patch loss and score).
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Show the frames before the own one, which the teacher segments, or those up to it."""
        first = 0 if self.config.foresee else 1
        classes = batch.context["segmentation"][:, :, None]  # (B, K, 1, H, W)
        past = batch.clips[:, :, first : first + self.config.past]  # (B, C, P, H, W)
        return Views({"past": past}, targets={"classes": classes})

    def head(self, shapes: Shapes) -> nn.Module:
        """A pyramid decoder with a channel for each class."""
        classes = shapes.context["segmentation"][0]
        return shapes.heads.pyramid(channels=classes, scse=self.config.scse)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the greatest mean square of the frame's patches."""
        return {"patch": patch_max(outputs["past"], targets["classes"], self.config.grid)}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name the absolute difference of each pixel `error` (B, H, W).

        [003] sums over the pixels; their mean, which counts, does not change with the frame's size.
        """
        return {"error": error_map(outputs["past"], targets["classes"])}

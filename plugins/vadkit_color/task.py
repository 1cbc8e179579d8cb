"""Classify which quantised colour most pixels of a crop have."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vadkit.api import Batch, Outputs, Shapes, Task, Views, cross_entropy
from vadkit_color import Config


class Color(Task[Config]):
    """Cross-entropy over quantised colours, or over levels of brightness where video is grey.

    Source: Zhang et al., ACM MM 2024, Table 1, which names the task and says no more of it.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Take the crop (B, C, 1, H, W), and the class that most of its inner pixels have."""
        crop = batch.clips
        levels = self._levels(crop.shape[1])
        dominant = dominant_color(inner(crop[:, :, 0], self.config.inner), levels)
        if self.config.sees == "grey":
            crop = crop.mean(dim=1, keepdim=True).expand_as(crop)
        return Views({"crop": crop}, targets={"dominant": dominant})

    def head(self, shapes: Shapes) -> nn.Module:
        """A classifier: levels³ colours or, for one channel, levels of brightness."""
        return shapes.heads.classifier(self._levels(shapes.channels) ** shapes.channels)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean of -log p(dominant colour) over the batch."""
        return {"entropy": cross_entropy(outputs["crop"], targets["dominant"])}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Name -log p(dominant colour) `surprise` (B,): [000] says nothing of this task's score."""
        return {"surprise": F.cross_entropy(outputs["crop"], targets["dominant"], reduction="none")}

    def _levels(self, channels: int) -> int:
        return self.config.grey_levels if channels == 1 else self.config.levels


def inner(image: Tensor, share: float) -> Tensor:
    """Cut the centre out of (..., H, W): at least one pixel, and `share` of either side."""
    for axis in (-2, -1):
        whole = image.shape[axis]
        length = max(1, round(whole * share))
        image = image.narrow(axis, (whole - length) // 2, length)
    return image


def dominant_color(image: Tensor, levels: int) -> Tensor:
    """(B,) int64: the most frequent of the levels^C colours of (B, C, H, W), the first of equals.

    Level k of a channel is [k / levels, (k + 1) / levels); the last channel counts in ones.
    """
    quantised = (image * levels).long().clamp(0, levels - 1).flatten(2)  # (B, C, H·W)
    size, channels, _ = quantised.shape
    worth = levels ** torch.arange(channels - 1, -1, -1, device=image.device)
    colors = (quantised * worth[:, None]).sum(dim=1)  # (B, H·W)
    classes = levels**channels
    first = classes * torch.arange(size, device=image.device)[:, None]
    counts = torch.bincount((colors + first).flatten(), minlength=size * classes)
    return counts.view(size, classes).argmax(dim=1)

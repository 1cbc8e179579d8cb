"""Tell what is normal from what no camera would see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vadkit.api import Batch, Outputs, Shapes, Task, Views, cross_entropy, rand
from vadkit_background_agnostic import Config

LEAST, MOST = 0.3, 0.8
"""Sides of a foreign patch, as shares of the cube's."""
FLAT = 1e-3
"""Contrast below which an image has none that could be matched."""


class BackgroundAgnostic(Task[Config]):
    """Pseudo-anomaly classification: -log p(class) of cubes, half of them made foreign.

    Source: Georgescu et al., TPAMI 2022, whose classifiers tell normal objects from pseudo-abnormal
    ones; Zhang et al., ACM MM 2024, name it as an open-set task and give no formula.
    """

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        """Make half of the cubes foreign when training; show them as they are when scoring."""
        cubes = batch.clips  # (B, C, T, H, W)
        if not training:
            return Views({"cube": cubes})
        count, device = len(cubes), cubes.device
        abnormal = rand(count, rng=rng, device=device) < 0.5  # noqa: PLR2004 - half of them
        whole = rand(count, rng=rng, device=device) >= self.config.cut
        patch = _patches(count, cubes.shape[-2:], rng).to(device) | whole[:, None, None]
        over = (patch & abnormal[:, None, None])[:, None, None]  # (B, 1, 1, H, W)
        foreign = self._foreign(batch.beside["foreign"].clips, cubes)
        return Views({"cube": torch.where(over, foreign, cubes)}, {"abnormal": abnormal.long()})

    def _foreign(self, images: Tensor, cubes: Tensor) -> Tensor:
        """(B, C, 1, h, w) -> (B, C, 1, H, W) of the cubes' size and, if wanted, contrast."""
        sized = F.interpolate(images[:, :, 0], cubes.shape[-2:], mode="area")[:, :, None]
        if not self.config.match:
            return sized
        axes = (1, 2, 3, 4)
        mean, contrast = cubes.mean(axes, keepdim=True), cubes.std(axes, keepdim=True)
        plain = (sized - sized.mean(axes, keepdim=True)) / (sized.std(axes, keepdim=True) + FLAT)
        return (plain * contrast + mean).clamp(0, 1)

    def head(self, shapes: Shapes) -> nn.Module:
        """Two logits: normal, abnormal."""
        return shapes.heads.classifier(2)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Take the mean cross-entropy."""
        return {"entropy": cross_entropy(outputs["cube"], targets["abnormal"])}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Score `abnormal` (B,): p(abnormal) of the cube as it is."""
        return {"abnormal": outputs["cube"].softmax(dim=1)[:, 1]}


def _patches(count: int, size: Sequence[int], rng: Generator) -> Tensor:
    """(count, H, W): True inside a drawn rectangle of each."""
    side, start = LEAST + (MOST - LEAST) * rand(count, 2, rng=rng), rand(count, 2, rng=rng)
    first = start * (1 - side)
    inside = []
    for axis, length in enumerate(size):
        cells = (torch.arange(length) + 0.5) / length
        low, high = first[:, axis, None], (first + side)[:, axis, None]
        inside.append((cells >= low) & (cells < high))
    return inside[0][:, :, None] & inside[1][:, None, :]

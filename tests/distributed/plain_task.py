"""A plugin of one file whose task leaves nothing to the ranks: no batch norm, no random views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vadkit.api import Batch, Outputs, Sampling, Shapes, Task, TaskCard, Views, hookimpl, mse

GRID = 4


@dataclass(frozen=True, kw_only=True)
class Config:
    """No options."""


class Plain(Task[Config]):
    """Tells how bright each cell of a frame is."""

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        clip = batch.clips
        cells = F.adaptive_avg_pool2d(clip.mean(dim=(1, 2)), GRID)  # (B, GRID, GRID)
        return Views({"clip": clip}, {"cells": cells})

    def head(self, shapes: Shapes) -> nn.Module:
        return shapes.heads.classifier(GRID, GRID, grid=GRID)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"error": mse(outputs["clip"], targets["cells"])}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"error": (outputs["clip"] - targets["cells"]).square()}  # a map (B, GRID, GRID)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [
        TaskCard(
            name=f"plain_{unit}",
            summary="Tell how bright each cell is.",
            level="visual",
            config=Config,
            load="plain_task:Plain",
            api=2,
            sampling=lambda _, unit=unit: Sampling(unit=unit, frames=3),
        )
        for unit in ("object", "frame")
    ]

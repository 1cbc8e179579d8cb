"""A plugin of one file whose task breaks the contract, in the way that its option says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn

from vadkit.api import (
    Batch,
    Outputs,
    Sampling,
    Shapes,
    Task,
    TaskCard,
    Views,
    hookimpl,
    mse,
    squared_error,
)


@dataclass(frozen=True, kw_only=True)
class Config:
    fault: str = "none"


class Odd(Task[Config]):
    """Reconstructs one frame, unless it is told to fail."""

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        if self.config.fault == "views":
            raise KeyError("scene")
        clip = batch.clips
        return Views({"clip": clip}, {"clip": clip})

    def head(self, shapes: Shapes) -> nn.Module:
        if self.config.fault == "head":
            return None  # type: ignore[return-value]
        return shapes.heads.decoder(frames=1)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        out, target = outputs["clip"], targets["clip"]
        faults: dict[str, Any] = {
            "nan": lambda: {"error": mse(out, target) * float("nan")},
            "nan gradient": lambda: {"error": (out - out.detach()).square().sqrt().sum()},
            "vector": lambda: {"error": squared_error(out, target)},
            "detached": lambda: {"error": mse(out, target).detach()},
            "nothing": dict,
            "no dict": lambda: mse(out, target),
            "memory": lambda: torch.empty(1 << 60),
        }
        return faults.get(self.config.fault, lambda: {"error": mse(out, target)})()

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        error = squared_error(outputs["clip"], targets["clip"])
        faults: dict[str, Any] = {
            "score shape": {"error": error[:, None]},
            "score nan": {"error": error * float("nan")},
            "score no dict": error,
        }
        return faults.get(self.config.fault, {"error": error})


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [
        TaskCard(
            name="odd",
            summary="Fail as told.",
            level="visual",
            config=Config,
            load="odd_tasks:Odd",
            api=2,
            sampling=lambda config: Sampling(frames=1),
        )
    ]

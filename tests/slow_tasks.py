"""A plugin of one file: tasks that raise, kill their process, or take their time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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
    fault: str = ""
    """"raise", "die", or nothing."""
    unless: str = ""
    """A file that keeps it from that."""
    seconds: float = 0.0
    """That a step takes."""


class Slow(Task[Config]):
    """Reconstructs one frame, unless it is told to fail."""

    def views(self, batch: Batch, rng: Generator, training: bool) -> Views:
        saved = bool(self.config.unless) and Path(self.config.unless).exists()
        if self.config.fault and not saved:
            if self.config.fault == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            raise KeyError("scene")
        if training:
            time.sleep(self.config.seconds)
        clip = batch.clips
        return Views({"clip": clip}, {"clip": clip})

    def head(self, shapes: Shapes) -> nn.Module:
        return shapes.heads.decoder(frames=1)

    def loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"error": mse(outputs["clip"], targets["clip"])}

    def score(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"error": squared_error(outputs["clip"], targets["clip"])}


def _card(name: str) -> TaskCard:
    return TaskCard(
        name=name,
        summary="Fail, or take time, as told.",
        level="visual",
        config=Config,
        load="slow_tasks:Slow",
        api=2,
        sampling=lambda config: Sampling(frames=1),
    )


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [_card("raising"), _card("dying"), _card("slow")]

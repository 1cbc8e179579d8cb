"""The proxy task `restoration`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 9
    """Frames T of the event; its first and last are the key frames."""
    difference: float = 1.0
    """Weight of the loss on differences of neighbouring frames."""
    norm: Literal["l1", "l2"] = "l2"
    """Absolute or squared difference, in both terms of the loss and in the score `error`."""

    def __post_init__(self) -> None:
        if not range(1, self.frames - 1):
            raise ValueError("frames must be at least 3: two are given, and the rest restored")
        if self.difference < 0:
            raise ValueError("difference must not be negative")


CARD = TaskCard(
    name="restoration",
    summary="Restore all frames between the first and the last of a clip.",
    level="semantic",
    paper="Yang et al., CVPR 2023; Zhang et al., ACM MM 2024, Table 1",
    config=Config,
    load="vadkit_restoration.task:Restoration",
    api=2,
    sampling=lambda config: Sampling(frames=config.frames),
    scores=lambda _: ("error", "unexplained"),
    raised_by={"error": "invert"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

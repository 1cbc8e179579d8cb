"""The proxy task `middle_box`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    reach: int = 3
    """Frames on each side of the missing one."""
    middle: Literal["delete", "zero"] = "delete"
    """Take the middle crop out of the clip, or leave a black one in its place."""
    norm: Literal["l1", "l2"] = "l1"
    """Absolute or squared difference, in the loss and in the score `error`."""

    def __post_init__(self) -> None:
        if self.reach < 1:
            raise ValueError("reach must be at least 1 frame")


CARD = TaskCard(
    name="middle_box",
    summary="Predict the middle crop of a clip from those before and after it.",
    level="visual",
    paper="Barbalau et al., CVIU 2023, T3",
    config=Config,
    load="vadkit_middle_box.task:MiddleBox",
    api=2,
    sampling=lambda config: Sampling(frames=2 * config.reach + 1),
    scores=lambda _: ("error", "unexplained"),
    raised_by={"error": "invert"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

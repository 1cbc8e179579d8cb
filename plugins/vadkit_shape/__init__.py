"""The proxy task `shape`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    target: Literal["edges", "mask"] = "edges"
    """The crop's edges, or the mask of what moves in it."""
    frames: int = 9
    """Frames, around the crop, in which the mask looks for motion; edges read the crop alone."""
    threshold: float = 0.1
    """By how much a pixel of the mask differs from another frame at least, in [0, 1]."""

    def __post_init__(self) -> None:
        if self.frames <= 1:
            raise ValueError("frames must be at least 2: nothing moves in one")
        if not 0 < self.threshold < 1:
            raise ValueError("threshold must lie between 0 and 1")


CARD = TaskCard(
    name="shape",
    summary="Draw an object's outline: the edges of its crop, or the mask of what moves.",
    level="visual",
    paper="Zhang et al., ACM MM 2024, Table 1 (named there, not described)",
    config=Config,
    load="vadkit_shape.task:Shape",
    api=2,
    sampling=lambda config: Sampling(frames=config.frames if config.target == "mask" else 1),
    scores=lambda _: ("error", "unexplained"),
    raised_by={"error": "invert"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

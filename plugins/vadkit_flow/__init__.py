"""The proxy task `flow`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Need, Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    reach: int = 4
    """Frames that are seen, up to the one before the object's own."""
    scale: float = 1.0
    """Pixels of the video that count as 1."""
    norm: Literal["l1", "l2", "nll"] = "l2"
    """Absolute or squared differences, or the likelihood with a variance that is learned, too."""

    def __post_init__(self) -> None:
        if self.reach < 1 or self.scale <= 0:
            raise ValueError("reach must be at least 1 frame, and scale positive")


CARD = TaskCard(
    name="flow",
    summary="Predict how an object will move into its own frame from the frames before it.",
    level="visual",
    paper="Zhang et al., ACM MM 2024, Table 1",
    config=Config,
    load="vadkit_flow.task:Flow",
    api=2,
    # As prediction reads, so that both share a store of cubes.
    sampling=lambda config: Sampling(frames=2 * config.reach + 1),
    needs=lambda _: (Need(role="flow"),),
    scores=lambda _: ("error",),
    raised_by={"error": "noise"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

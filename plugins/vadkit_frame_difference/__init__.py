"""The proxy task `frame_difference`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    reach: int = 4
    """Frames that are seen, up to the one before the object's own."""
    norm: Literal["l1", "l2", "nll"] = "l2"
    """Absolute or squared differences, or the likelihood with a variance that is learned, too."""

    def __post_init__(self) -> None:
        if self.reach < 1:
            raise ValueError("reach must be at least 1 frame")


CARD = TaskCard(
    name="frame_difference",
    summary="Predict how an object's next frame will differ from the last one that is seen.",
    level="visual",
    paper="Chang et al., ECCV 2020, 3.2 (differences of frames as motion)",
    config=Config,
    load="vadkit_frame_difference.task:Difference",
    api=2,
    # As prediction reads, so that both share a store of cubes.
    sampling=lambda config: Sampling(frames=2 * config.reach + 1),
    scores=lambda _: ("error",),
    raised_by={"error": "noise"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

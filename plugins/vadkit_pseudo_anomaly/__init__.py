"""The proxy task `pseudo_anomaly`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 7
    """Times an image is repeated, to be a clip."""
    size: int = 64
    """Height and width to which images are resized: that of the cubes."""
    norm: Literal["l1", "l2"] = "l1"
    """Absolute or squared difference."""

    def __post_init__(self) -> None:
        if self.frames < 1 or self.size < 1:
            raise ValueError("frames and size must be at least 1")


CARD = TaskCard(
    name="pseudo_anomaly",
    summary="Reconstruct images of another world, which the shared backbone unlearns.",
    level="open-set",
    paper="Barbalau et al., CVIU 2023, T5",
    config=Config,
    load="vadkit_pseudo_anomaly.task:PseudoAnomaly",
    sampling=lambda _: Sampling(role="foreign", unit="frame", frames=1),
    scored=False,
    backbone_lr=-0.2,
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

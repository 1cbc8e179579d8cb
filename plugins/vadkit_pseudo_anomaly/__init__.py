"""The proxy task `pseudo_anomaly`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 7
    """Times an image is repeated, to be a clip."""
    norm: Literal["l1", "l2"] = "l1"
    """Absolute or squared difference."""

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise ValueError("frames must be at least 1")


CARD = TaskCard(
    name="pseudo_anomaly",
    summary="Reconstruct images of another world, which the shared backbone unlearns.",
    level="open-set",
    paper="Barbalau et al., CVIU 2023, T5",
    config=Config,
    load="vadkit_pseudo_anomaly.task:PseudoAnomaly",
    api=2,
    revision=2,
    sampling=lambda _: Sampling(role="foreign", unit="frame", frames=1),
    scored=False,
    backbone_lr=-0.2,
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

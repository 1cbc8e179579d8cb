"""The proxy task `distillation`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Need, Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    features: float = 1.0
    """Weight of the mean error of the features."""
    probabilities: float = 1.0
    """Weight of the mean error of the detector's class probabilities; 0 asks no detector."""
    score: Literal["probabilities", "features"] = "probabilities"
    """What is scored."""

    def __post_init__(self) -> None:
        if min(self.features, self.probabilities) < 0:
            raise ValueError("the weights of features and probabilities must not be negative")
        if getattr(self, self.score) == 0:
            raise ValueError(f"what is scored has to be learned: {self.score} must not be 0")

    @property
    def needs(self) -> dict[str, Need]:
        """What is learned of whom."""
        roles = {"features": "imagenet", "probabilities": "detector"}
        return {part: Need(role=role) for part, role in roles.items() if getattr(self, part)}


CARD = TaskCard(
    name="distillation",
    summary="Say what an ImageNet network and a detector's classes would say of an object.",
    level="semantic",
    paper="Barbalau et al., CVIU 2023, T4; Georgescu et al., CVPR 2021, 3.2",
    config=Config,
    load="vadkit_distillation.task:Distillation",
    api=2,
    sampling=lambda _: Sampling(frames=1),
    needs=lambda config: tuple(config.needs.values()),
    score_needs=lambda config: (config.needs[config.score],),
    scores=lambda _: ("error",),
    raised_by={"error": "invert"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

"""The proxy task `prediction`: its card."""

from __future__ import annotations

from dataclasses import dataclass

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    reach: int = 4
    """Frames on each side of the predicted one."""
    gradient: float = 1.0
    """Weight of the gradient loss beside the squared error."""
    score_both: bool = False
    """Score the mean of both directions instead of the forward prediction alone."""

    def __post_init__(self) -> None:
        if self.reach < 1:
            raise ValueError("reach must be at least 1 frame")


CARD = TaskCard(
    name="prediction",
    summary="Predict the middle frame from the frames before it and, reversed, after it.",
    level="visual",
    paper="Shi et al., ICCV 2023, Eq. 1-3 and 11; Zhang et al., ACM MM 2024, 3.2",
    config=Config,
    load="vadkit_prediction.task:Prediction",
    api=2,
    revision=2,
    sampling=lambda config: Sampling(frames=2 * config.reach + 1),
    scores=lambda _: ("error", "unexplained"),
    raised_by={"error": "invert"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

"""The proxy task `motion_irregularity`: its card."""

from __future__ import annotations

from dataclasses import dataclass

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    reach: int = 3
    """Frames of the clip on each side of its middle one."""
    fewest: int = 1
    """Frames that a step of an irregular clip skips at least."""
    most: int = 4
    """Frames that it skips at most."""

    def __post_init__(self) -> None:
        if self.reach < 1:
            raise ValueError("reach must be at least 1 frame")
        if not 1 <= self.fewest <= self.most:
            raise ValueError("skips need 1 <= fewest <= most")


CARD = TaskCard(
    name="motion_irregularity",
    summary="Tell a clip that skips frames.",
    level="semantic",
    paper="Barbalau et al., CVIU 2023, T2",
    config=Config,
    load="vadkit_motion_irregularity.task:MotionIrregularity",
    api=2,
    sampling=lambda config: Sampling(frames=2 * config.reach * (config.most + 1) + 1),
    score_sampling=lambda config: Sampling(frames=2 * config.reach + 1),
    scores=lambda _: ("irregular",),
    raised_by={"irregular": "speed"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

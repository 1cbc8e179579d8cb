"""The proxy task `arrow_of_time`: its card."""

from __future__ import annotations

from dataclasses import dataclass

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 7
    """Frames T of the clip."""

    def __post_init__(self) -> None:
        if self.frames <= 1:
            raise ValueError("frames must be at least 2: one frame is the same backwards")


CARD = TaskCard(
    name="arrow_of_time",
    summary="Tell a clip that is played backwards.",
    level="semantic",
    paper="Barbalau et al., CVIU 2023, T1",
    config=Config,
    load="vadkit_arrow_of_time.task:ArrowOfTime",
    api=2,
    sampling=lambda config: Sampling(frames=config.frames),
    scores=lambda _: ("backward",),
    raised_by={"backward": "reverse"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

"""The proxy task `virtual`: its card."""

from __future__ import annotations

from dataclasses import dataclass

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 5
    """Whole frames of a clip."""
    stride: int = 1
    """Video frames from one frame of a clip to the next."""

    def __post_init__(self) -> None:
        if self.frames < 1 or self.stride < 1:
            raise ValueError("frames and stride must be at least 1")


def sampling(config: Config) -> Sampling:
    return Sampling(
        role="virtual", unit="frame", frames=config.frames, stride=config.stride, labels=True
    )


def score_sampling(config: Config) -> Sampling:
    return Sampling(unit="frame", frames=config.frames, stride=config.stride)


CARD = TaskCard(
    name="virtual",
    summary="Tell normal from abnormal whole frames of a virtual world.",
    level="open-set",
    paper="Zhang et al., ACM MM 2024, 3.4",
    config=Config,
    load="vadkit_virtual.task:Virtual",
    api=2,
    sampling=sampling,
    score_sampling=score_sampling,
    scores=lambda _: ("abnormal",),
    raised_by={"abnormal": "noise"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

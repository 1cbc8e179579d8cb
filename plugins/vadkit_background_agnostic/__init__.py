"""The proxy task `background_agnostic`: its card."""

from __future__ import annotations

from dataclasses import dataclass

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 5
    """Frames of a clip."""
    cut: float = 0.5
    """Share of the pseudo-anomalies of which only a patch is foreign."""
    match: bool = True
    """Give what is foreign the cube's mean and contrast, so that these do not give it away."""

    def __post_init__(self) -> None:
        if self.frames < 1 or not 0 <= self.cut <= 1:
            raise ValueError("frames must be at least 1, and cut a share from 0 to 1")


def sampling(config: Config) -> tuple[Sampling, ...]:
    return (
        Sampling(frames=config.frames),
        Sampling(role="foreign", unit="frame", frames=1),
    )


CARD = TaskCard(
    name="background_agnostic",
    summary="Tell normal objects from images of another world, whole or pasted over a part.",
    level="open-set",
    paper="Georgescu et al., TPAMI 2022; Zhang et al., ACM MM 2024, Table 3 (Pseudo)",
    config=Config,
    load="vadkit_background_agnostic.task:BackgroundAgnostic",
    api=2,
    sampling=sampling,
    score_sampling=lambda config: Sampling(frames=config.frames),
    scores=lambda _: ("abnormal",),
    raised_by={"abnormal": "invert"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

"""The proxy task `reconstruction`: its card."""

from __future__ import annotations

from dataclasses import dataclass

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 9
    """Frames of the clip; [000] has 9, [001] has 4."""

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise ValueError("frames must be at least 1")


CARD = TaskCard(
    name="reconstruction",
    summary="Reconstruct the clip through the bottleneck.",
    level="visual",
    paper="Shi et al., ICCV 2023, 3.3; Zhang et al., ACM MM 2024, 3.2",
    config=Config,
    load="vadkit_reconstruction.task:Reconstruction",
    api=2,
    sampling=lambda config: Sampling(frames=config.frames),
    scores=lambda _: ("error", "unexplained"),
    raised_by={"error": "invert"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

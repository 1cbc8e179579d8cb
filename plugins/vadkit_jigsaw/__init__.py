"""The proxy task `jigsaw`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 7
    """Frames T of the clip, the pieces of the temporal puzzle."""
    stride: int = 1
    """Video frames from one of them to the next; slow motion tells no order otherwise."""
    patches: int = 3
    """Patches a side; their square is the pieces of the spatial puzzle."""
    static: float = 0.2
    """A clip whose first and last frame differ by less everywhere keeps its order."""
    flip: bool = True
    """Mirror half of the clips when training."""
    reduce: Literal["max", "mean"] = "max"
    """Score by the least sure slot (Jigsaw-VAD), or by the mean of -log p over all slots."""

    def __post_init__(self) -> None:
        if self.frames <= 1 or self.patches <= 1:
            raise ValueError("a puzzle needs at least 2 frames and 2 patches a side")
        if self.stride < 1:
            raise ValueError("stride must be at least 1")


CARD = TaskCard(
    name="jigsaw",
    summary="Put shuffled frames, and shuffled patches, back in order.",
    level="semantic",
    paper="Wang et al., ECCV 2022, 3.1-3.3; Zhang et al., ACM MM 2024",
    config=Config,
    load="vadkit_jigsaw.task:Jigsaw",
    api=2,
    revision=3,
    sampling=lambda config: Sampling(frames=config.frames, stride=config.stride),
    scores=lambda _: ("temporal", "spatial"),
    raised_by={"spatial": "noise"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

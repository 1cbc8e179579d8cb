"""The proxy task `frame_order`: its card."""

from __future__ import annotations

from dataclasses import dataclass

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 4
    """Frames T of the clip; at least 3, for two have no other order than on and back."""
    acceleration: int = 2
    """Video frames from one frame of the accelerated clip to the next."""
    contrastive: float = 1.0
    """Weight of the contrastive loss; 0: classification alone."""
    temperature: float = 0.1
    """What cosines are divided by in it (tau)."""
    projected: bool = True
    """Contrast the projected codes, which are classified, or the backbone's own."""
    dim: int = 128
    """Length of the projected code."""

    def __post_init__(self) -> None:
        if not range(1, self.frames - 1):
            raise ValueError("frames must be at least 3: two have no order but on and back")
        if self.acceleration <= 1:
            raise ValueError("acceleration must be at least 2")
        if self.contrastive < 0 or self.temperature <= 0:
            raise ValueError("contrastive must not be negative, and temperature positive")


CARD = TaskCard(
    name="frame_order",
    summary="Tell clips in order, also backwards, from shuffled and accelerated ones.",
    level="semantic",
    paper="Shi et al., ICCV 2023, 3.3, Eq. 5 and the contrastive loss",
    config=Config,
    load="vadkit_frame_order.task:FrameOrder",
    api=2,
    revision=2,
    sampling=lambda config: Sampling(frames=(config.frames - 1) * config.acceleration + 1),
    score_sampling=lambda config: Sampling(frames=config.frames),
    scores=lambda _: ("disorder",),
    raised_by={"disorder": "shuffle"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

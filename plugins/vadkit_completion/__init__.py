"""The proxy task `completion`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Need, Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 5
    """Frames T of the event."""
    erased: Literal["each", "middle"] = "each"
    """Erase each frame in turn, or the middle one alone, which is the object's own."""
    erase: Literal["delete", "zero"] = "delete"
    """Delete the erased frame from the clip, or set its pixels to zero."""
    flow: float = 0.0
    """Weight of completing the erased middle frame's optical flow (teacher role `flow`)."""

    def __post_init__(self) -> None:
        if self.frames <= 1:
            raise ValueError("frames must be at least 2: one is erased")
        if self.flow < 0:
            raise ValueError("flow must not be negative")


CARD = TaskCard(
    name="completion",
    summary="Complete an event of which one frame is erased, each in turn or the middle one.",
    level="semantic",
    paper="Yu et al., ACM MM 2020; Zhang et al., ACM MM 2024, Table 1",
    config=Config,
    load="vadkit_completion.task:Completion",
    api=2,
    revision=3,
    sampling=lambda config: Sampling(frames=config.frames),
    needs=lambda config: (Need(role="flow"),) if config.flow else (),
    scores=lambda config: ("error", "unexplained", *(["flow"] if config.flow else [])),
    raised_by={"error": "invert"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

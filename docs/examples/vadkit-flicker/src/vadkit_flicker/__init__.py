"""The proxy task `flicker`: its card. Nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import dataclass

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 5
    """Frames of the clip."""
    strength: float = 0.3
    """By which share a frame gets brighter or darker at most."""


CARD = TaskCard(
    name="flicker",
    summary="Tell a clip that flickers from a steady one.",
    level="semantic",
    config=Config,
    load="vadkit_flicker.task:Flicker",
    api=2,
    sampling=lambda config: Sampling(frames=config.frames),
    scores=lambda _: ("flickering",),
    exempt={"corruption": "Nothing that the kit does to a clip makes it flicker."},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

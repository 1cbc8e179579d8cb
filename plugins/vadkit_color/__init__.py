"""The proxy task `color`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    levels: int = 4
    """Levels of each colour channel; a colour is one of levels³."""
    grey_levels: int = 16
    """Levels of brightness, the classes where video is grey."""
    inner: float = 0.5
    """Share of the crop's sides, around its centre, whose pixels are counted."""
    sees: Literal["color", "grey"] = "color"
    """Show the network the crop, or only its brightness, from which it has to guess the colour."""

    def __post_init__(self) -> None:
        if self.levels <= 1 or self.grey_levels <= 1:
            raise ValueError("levels and grey_levels must be at least 2: one class tells nothing")
        if not 0 < self.inner <= 1:
            raise ValueError("inner must be above 0 and at most 1")


CARD = TaskCard(
    name="color",
    summary="Name the most frequent colour of a crop; in grey video, its brightness.",
    level="visual",
    paper="Zhang et al., ACM MM 2024, Table 1 (named there, not described)",
    config=Config,
    load="vadkit_color.task:Color",
    api=2,
    sampling=lambda _: Sampling(frames=1),
    scores=lambda _: ("surprise",),
    raised_by={"surprise": "noise"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

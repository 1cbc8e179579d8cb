"""The proxy task `inpainting`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    smallest: float = 4 / 64
    """Side of the smallest mask, as a share of the cube's."""
    largest: float = 32 / 64
    """Side of the largest mask."""
    spread: float = 20 / 64
    """Standard deviation of the mask's centre around the cube's, as a share of its side."""
    fill: float = 0.0
    """What the masked pixels show, in [0, 1]."""
    passes: int = 3
    """Masks one after another when scoring, each over what was made of the one before."""
    norm: Literal["l1", "l2"] = "l1"
    """Absolute or squared difference, in the loss and in the score `error`."""

    def __post_init__(self) -> None:
        if not 0 < self.smallest <= self.largest <= 1:
            raise ValueError("masks need 0 < smallest <= largest <= 1")
        if self.spread <= 0:
            raise ValueError("spread must be positive")
        if not 0 <= self.fill <= 1:
            raise ValueError("fill must lie in [0, 1]")
        if self.passes < 1:
            raise ValueError("passes must be at least 1")


CARD = TaskCard(
    name="inpainting",
    summary="Fill in a square that is masked out of one crop.",
    level="visual",
    paper="Barbalau et al., CVIU 2023, T6",
    config=Config,
    load="vadkit_inpainting.task:Inpainting",
    api=2,
    sampling=lambda _: Sampling(frames=1),
    scores=lambda _: ("error", "unexplained"),
    raised_by={"error": "invert"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

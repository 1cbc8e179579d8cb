"""The proxy task `semantic_reconstruction`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Need, Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    frames: int = 9
    """Frames T of the continuous clip; at least 3."""
    margin: float = 0.5
    """By how much the frame must be closer to its clip than the negative is (gamma)."""
    negative: Literal["other", "disjoint", "continuous"] = "other"
    """A frame of another unit, one of the unit's past or future, or the clip ([000], literally)."""
    scene: bool = True
    """Show the head the background of the frame (teacher role `scene`)."""
    dim: int = 128
    """Length of the embedding."""
    score: Literal["positive", "margin"] = "positive"
    """1 - p⁺ of frame and clip, or p⁻ - p⁺; only the latter reads the negative when scoring."""

    def __post_init__(self) -> None:
        if not range(1, self.frames - 1):
            raise ValueError("frames must be at least 3: the anchor is an inner frame")
        if self.score == "margin" and self.negative == "other":
            raise ValueError('score = "margin" cannot depend on what else is in the batch')


def sampling(config: Config) -> Sampling:
    """Past, present and future of the unit where the negative is one of them."""
    return Sampling(frames=config.frames, windows=3 if config.negative == "disjoint" else 1)


def score_sampling(config: Config) -> Sampling:
    return sampling(config) if config.score == "margin" else Sampling(frames=config.frames)


CARD = TaskCard(
    name="semantic_reconstruction",
    summary="Tell the frame that is missing from a clip from frames of another time.",
    level="semantic",
    paper="Zhang et al., ACM MM 2024, 3.3",
    config=Config,
    load="vadkit_semantic_reconstruction.task:SemanticReconstruction",
    api=2,
    revision=2,
    sampling=sampling,
    score_sampling=score_sampling,
    needs=lambda config: (Need(role="scene", frames=config.frames),) if config.scene else (),
    scores=lambda _: ("distance",),
    raised_by={"distance": "noise"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

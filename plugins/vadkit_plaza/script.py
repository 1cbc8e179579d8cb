"""Scripts: which actors appear in a video and when, so that numbers tell nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vadkit.api import Split
from vadkit_plaza.actors import Actor

Company = Callable[[], list[Actor]]
"""Draws actors that usually come together."""


@dataclass(frozen=True)
class Plan:
    """One video to draw."""

    name: str
    split: Split
    scene: str
    frames: int
    events: tuple[tuple[str, int], ...] = ()
    """Kinds of anomalies, and the frame at which each begins."""


def lifetime(actors: list[Actor]) -> int:
    """Frames until the last of a company has left."""
    return max(actor.start + actor.frames for actor in actors)


def _starting(actors: list[Actor], frame: int) -> list[Actor]:
    return [actor.at(actor.start + frame) for actor in actors]


def passing(rng: np.random.Generator, draw: Company, since: int, until: int) -> list[Actor]:
    """One company after another from `since`, in the middle of things where that is 0."""
    actors: list[Actor] = []
    frame = since + (int(rng.integers(4, 40)) if since else -int(rng.integers(20, 140)))
    while frame < until:
        group = draw()
        actors += _starting(group, frame)
        frame += lifetime(group) + int(rng.integers(4, 40))
    return actors


def before(
    rng: np.random.Generator, draw: Company, since: int, until: int, must_fit: bool
) -> list[Actor]:
    """One company after another, the last gone just before `until`."""
    actors: list[Actor] = []
    frame = until - int(rng.integers(2, 14))
    while frame > since:
        group = draw()
        frame -= lifetime(group)
        if must_fit and frame < since:
            break
        actors += _starting(group, frame)
        frame -= int(rng.integers(4, 30))
    return actors


def cast(
    rng: np.random.Generator,
    plan: Plan,
    draw: Company,
    events: list[list[Actor]],
    crowd: int,
) -> list[Actor]:
    """Everybody in a video.

    An anomaly takes the place of a usual company rather than being added to it: one lane of
    time holds usual companies and anomalies in turn, `crowd` more lanes hold usual ones.

    Args:
        rng: Draws the times.
        plan: The video.
        draw: Draws a usual company.
        events: The actors of each of the plan's events, counted from the event's start.
        crowd: Lanes beside the one with the events.
    """
    actors: list[Actor] = []
    free = 0
    for (_, frame), group in zip(plan.events, events, strict=True):
        actors += before(rng, draw, free, frame, must_fit=free > 0)
        actors += _starting(group, frame)
        free = frame + lifetime(group)
    if free < plan.frames:
        actors += passing(rng, draw, free, plan.frames)
    for _ in range(crowd):
        actors += passing(rng, draw, 0, plan.frames)
    return actors

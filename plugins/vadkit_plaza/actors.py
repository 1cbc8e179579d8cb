"""Actors: people and things that move, with times, shapes, colours and kinds of anomalies."""

# ruff: noqa: PLR2004 -- a drawing is made of numbers

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import pi

import numpy as np

from vadkit_plaza.looks import Skin
from vadkit_plaza.motion import Motion, Place, along
from vadkit_plaza.people import Look, Pose, person, step_length
from vadkit_plaza.shapes import Shape

NORMAL = ""
"""The kind of normal behaviour."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """One thing or person that moves through a video."""

    start: int
    """Frame of its first appearance; may lie before the video."""
    frames: int
    skin: Skin
    shapes: Callable[[int], list[Shape]]
    """Its shapes at an age in frames, from far to near."""
    place: Callable[[int], Place]
    """Where it stands."""
    kind: Callable[[int], str]
    """The kind of anomaly it is at an age, or `NORMAL`."""
    opacity: float = 1.0
    """Below 1 it is drawn with soft edges."""
    shadow: bool = True
    """Whether it casts one."""

    def at(self, start: int) -> Actor:
        """The same, appearing at another frame."""
        return replace(self, start=start)


KindAtAge = Callable[[int], str]


def always(kind: str) -> KindAtAge:
    """One kind at every age."""
    return lambda _: kind


@dataclass(frozen=True, kw_only=True)
class Gait:
    """How fast and with what swing somebody moves."""

    speed: float
    """Metres a second."""
    stride: float = 0.42
    knee: float = 0.95
    lean: float = 0.06
    arms: float = 0.45
    elbow: float = 0.35
    flight: float = 1.0
    """Double step over what the legs alone span; above 1 while the body flies."""

    def pose(self, look: Look, way: float, pace: float) -> Pose:
        """The pose after a distance gone, at a share of the full speed."""
        step = step_length(look, self.stride) * self.flight
        stride, arms = self.stride * max(pace, 0.04), self.arms * pace
        return Pose(
            phase=2 * pi * way / step, stride=stride, knee=self.knee, lean=self.lean, arms=arms,
            elbow=self.elbow,
        )  # fmt: skip


def walking(rng: np.random.Generator, height: float = 1.75) -> Gait:
    """A usual gait; short legs go slower."""
    speed = rng.uniform(1.0, 1.65) * height / 1.75
    return Gait(speed=speed, stride=0.3 + 0.1 * speed, arms=rng.uniform(0.25, 0.55))


def running(rng: np.random.Generator) -> Gait:
    """A run, about three times as fast as a walk."""
    speed = rng.uniform(3.6, 4.2)
    return Gait(speed=speed, stride=0.8, knee=2.0, lean=0.3, arms=0.95, elbow=1.5, flight=1.25)


USUAL = always(NORMAL)
Change = Callable[[int, Pose], Pose]


def as_it_is(age: int, pose: Pose) -> Pose:  # noqa: ARG001
    """No change."""
    return pose


def on_foot(
    look: Look,
    skin: Skin,
    motion: Motion,
    gait: Gait,
    *,
    kind: KindAtAge = USUAL,
    change: Change = as_it_is,
    pushes: Callable[..., list[Shape]] | None = None,
) -> Actor:
    """A person that moves by its own legs.

    Args:
        look: The body.
        skin: Its colours.
        motion: Where it goes.
        gait: How.
        kind: Its kind at an age.
        change: Turns the gait's pose at an age into another.
        pushes: Shapes of a thing pushed ahead, from x, z, heading and the way gone.
    """

    def shapes(age: int) -> list[Shape]:
        (x, z), heading = motion.places[age].tolist(), float(motion.headings[age])
        pose = gait.pose(look, float(motion.way[age]), float(motion.pace[age]))
        body = person(look, x, z, heading, change(age, pose))
        ahead = pushes(x, z, heading, float(motion.way[age])) if pushes else []
        return [*ahead, *body] if np.sin(heading) > 0 else [*body, *ahead]

    return Actor(
        start=0, frames=len(motion), skin=skin, shapes=shapes, kind=kind, place=standing(motion)
    )


def standing(motion: Motion) -> Callable[[int], Place]:
    """Where a moving thing is at an age."""
    places: list[Place] = [(x, z) for x, z in motion.places.tolist()]
    return lambda age: places[age]


def rolling(
    shapes: Callable[[float, float, float, float], list[Shape]],
    skin: Skin,
    route: Sequence[Place],
    speed: float,
    kind: str,
) -> Actor:
    """A thing on wheels; `shapes` takes x, z, heading and the way gone."""
    motion = along(route, speed)

    def at(age: int) -> list[Shape]:
        x, z = motion.places[age].tolist()
        return shapes(x, z, float(motion.headings[age]), float(motion.way[age]))

    return Actor(
        start=0, frames=len(motion), skin=skin, shapes=at, kind=always(kind), place=standing(motion)
    )


def ramp(age: int, start: int, end: int, ease: int) -> float:
    """0 before `start` and after `end`, 1 between them, linear over `ease` frames at both."""
    return float(np.clip(min((age - start) / ease, (end - age) / ease), 0, 1))


def resting(motion: Motion) -> tuple[int, int]:
    """First and last frame of standing still."""
    still = np.flatnonzero(motion.pace < 0.5)
    return int(still[0]), int(still[-1])

"""The world of `plaza-virtual`: flat colours, other bodies, cameras and kinds of anomalies."""

# ruff: noqa: PLR2004 -- a drawing is made of numbers

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import pi, sin

import numpy as np

from vadkit_plaza import looks, things
from vadkit_plaza.actors import Actor, always, on_foot, rolling, walking
from vadkit_plaza.motion import FPS, Place, along
from vadkit_plaza.people import Look, Pose
from vadkit_plaza.script import Company, Plan
from vadkit_plaza.shapes import Shape, ball
from vadkit_plaza.virtual_scenes import Setting

KINDS = ("fighting", "explosion", "drone", "barrel", "dancing", "animal")
STAY = 60
"""Frames for which somebody acts on one spot."""
FLASH = 30
"""Frames of an explosion."""


def _body(rng: np.random.Generator) -> Look:
    """Big heads and short legs."""
    return Look(
        height=rng.uniform(1.4, 1.8), head=rng.uniform(0.1, 0.13), legs=0.42,
        girth=rng.uniform(1.2, 1.6), hat=bool(rng.random() < 0.3),
    )  # fmt: skip


def companies(setting: Setting, rng: np.random.Generator) -> Company:
    """Draws usual companies: one or two that walk across."""

    def draw() -> list[Actor]:
        route, gait = setting.across(rng), walking(rng)
        shifts = [(0.7 * n, 0.8 * n) for n in range(int(rng.integers(1, 3)))]
        return [
            on_foot(
                _body(rng), looks.clothes(rng, flat=True),
                along([(x + a, z + b) for x, z in route], gait.speed), gait,
            )
            for a, b in shifts
        ]  # fmt: skip

    return draw


Event = Callable[[Setting, np.random.Generator], list[Actor]]


def _middle(setting: Setting, rng: np.random.Generator) -> Place:
    z = rng.uniform(setting.near + 1, 0.5 * (setting.near + setting.far))
    return rng.uniform(-0.4, 0.4) * setting.camera.reach(z), z


def _acting(
    rng: np.random.Generator,
    place: Place,
    kind: str,
    pose: Callable[[int], Pose],
    heading: float,
) -> Actor:
    """Somebody who stays on one spot in poses of one's own."""
    stay = along([place, (place[0] + 0.01, place[1])], 0.01 * FPS / STAY)
    still = replace(stay, headings=np.full(len(stay), heading))
    gait = walking(rng)
    skin = looks.clothes(rng, flat=True)
    return on_foot(
        _body(rng), skin, still, gait, kind=always(kind), change=lambda age, _: pose(age)
    )


def fighting(setting: Setting, rng: np.random.Generator) -> list[Actor]:
    """Two people hit one another."""
    x, z = _middle(setting, rng)
    actors = []
    for n in range(2):
        beat, start = rng.uniform(0.55, 0.75), rng.uniform(0, 6)

        def pose(age: int, beat: float = beat, start: float = start) -> Pose:
            hit = sin(beat * age + start)
            return Pose(
                phase=1.2 + 0.5 * hit, stride=0.5, lean=0.35 * hit, sway=0.1 * sin(age / 4),
                reach=(1.5 + 0.8 * hit, 1.5 - 0.8 * hit),
            )  # fmt: skip

        actors.append(_acting(rng, (x + 0.95 * n, z), "fighting", pose, n * pi))
    return actors


def dancing(setting: Setting, rng: np.random.Generator) -> list[Actor]:
    """Somebody dances with raised arms."""

    def pose(age: int) -> Pose:
        beat = age * 0.45
        return Pose(
            phase=beat, stride=0.35, squat=0.15 + 0.12 * sin(2 * beat), sway=0.35 * sin(beat),
            reach=(2.6 + 0.5 * sin(beat), 2.6 - 0.5 * sin(beat)),
        )  # fmt: skip

    return [_acting(rng, _middle(setting, rng), "dancing", pose, rng.uniform(0, 6.2))]


def explosion(setting: Setting, rng: np.random.Generator) -> list[Actor]:
    """A ball of fire bursts and lights up everything."""
    (x, z), seed = _middle(setting, rng), int(rng.integers(1 << 30))
    clouds = np.random.default_rng(seed).normal(0, 0.35, (14, 3)).tolist()

    def shapes(age: int) -> list[Shape]:
        size = 1.6 * min(1.0, (age + 2) / 9) * min(1.0, (FLASH + 2 - age) / 12)
        puffs: list[Shape] = []
        for part, share in ((things.HOT, 0.5), (things.WARM, 0.36), (things.CORE, 0.22)):
            puffs += [
                ball((x + a * size, 0.7 * size + b * size, z), share * size, part)
                for a, b, _ in clouds
            ]
        return puffs

    return [
        Actor(
            start=0, frames=FLASH, skin=looks.flames(rng), shapes=shapes,
            place=lambda _: (x, z), kind=always("explosion"), shadow=False,
        )
    ]  # fmt: skip


def flashes(plan: Plan) -> tuple[int, ...]:
    """Light that the plan's explosions add in each frame, in 1/256."""
    light = np.zeros(plan.frames, np.int64)
    for kind, frame in plan.events:
        if kind == "explosion":
            light[frame : frame + 8] += np.array([40, 150, 130, 100, 70, 45, 25, 10])
    return tuple(light.tolist())


def hovering(setting: Setting, rng: np.random.Generator) -> list[Actor]:
    """A drone hovers across."""
    motion = along(setting.across(rng), rng.uniform(2.6, 3.4))

    def shapes(age: int) -> list[Shape]:
        x, z = motion.places[age].tolist()
        return things.drone(x, 1.6 + 0.25 * sin(age * 0.15), z, age * 1.1)

    def place(age: int) -> Place:
        x, z = motion.places[age].tolist()
        return x, z

    return [
        Actor(
            start=0, frames=len(motion), skin=looks.clothes(rng, flat=True), shapes=shapes,
            place=place, kind=always("drone"),
        )
    ]  # fmt: skip


def rolls(setting: Setting, rng: np.random.Generator) -> list[Actor]:
    """A barrel rolls through."""
    skin = looks.clothes(rng, flat=True)
    return [rolling(things.barrel, skin, setting.across(rng), rng.uniform(3, 4), "barrel")]


def animal(setting: Setting, rng: np.random.Generator) -> list[Actor]:
    """A large animal trots through."""
    return [
        rolling(
            lambda x, z, heading, way: things.dog(x, z, heading, way * 3.2, 1.35),
            looks.clothes(rng, flat=True), setting.across(rng), 2.6, "animal",
        )
    ]  # fmt: skip


EVENTS: dict[str, Event] = {
    "fighting": fighting, "explosion": explosion, "drone": hovering, "barrel": rolls,
    "dancing": dancing, "animal": animal,
}  # fmt: skip
PLANS = (
    Plan("island-1", "train", "island", 120, (("fighting", 30),)),
    Plan("island-2", "train", "island", 120, (("explosion", 25), ("barrel", 70))),
    Plan("island-3", "train", "island", 120, (("animal", 35),)),
    Plan("hall-1", "train", "hall", 120, (("drone", 30),)),
    Plan("hall-2", "train", "hall", 120, (("dancing", 30),)),
    Plan("hall-3", "train", "hall", 120, (("barrel", 5), ("explosion", 80))),
)

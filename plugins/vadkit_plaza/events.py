"""The anomalies of `plaza`, by [000]'s three sorts: whatever the scene, by the scene, unseen."""

# ruff: noqa: PLR2004 -- a drawing is made of numbers

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import cos, sin

import numpy as np

from vadkit_plaza import looks, things
from vadkit_plaza.actors import (
    NORMAL,
    Actor,
    KindAtAge,
    always,
    on_foot,
    ramp,
    resting,
    rolling,
    running,
    walking,
)
from vadkit_plaza.motion import FPS, Motion, Place, along
from vadkit_plaza.people import Pose
from vadkit_plaza.scenes import Route, Scene
from vadkit_plaza.shapes import Shape, ball

SORTS = {
    "scene-independent": ("vehicle", "fire", "smoke"),
    "scene-dependent": ("lawn", "against"),
    "unseen": ("running", "falling", "loitering", "throwing", "cycling"),
}
"""[000]'s sorts of anomalies and the kinds of each in `plaza`."""

Event = Callable[[Scene, np.random.Generator], list[Actor]]


def _across(scene: Scene, rng: np.random.Generator, near: float, far: float) -> Route:
    """Across the image in the usual direction."""
    to_right = scene.one_way or bool(rng.random() < 0.5)
    start = rng.uniform(near, far)
    return scene.across(start, float(np.clip(start + rng.uniform(-1, 1), near, far)), to_right)


def vehicle(scene: Scene, rng: np.random.Generator) -> list[Actor]:
    """A service cart or a van drives through."""
    shapes = things.cart if rng.random() < 0.6 else things.van
    route = _across(scene, rng, *scene.wheels)
    route = [(x * 1.12, z) for x, z in route]
    return [rolling(shapes, looks.vehicle(rng), route, rng.uniform(7.0, 8.0), "vehicle")]


def _spot(scene: Scene, rng: np.random.Generator) -> Place:
    return scene.spots[int(rng.integers(len(scene.spots)))]


def fire(scene: Scene, rng: np.random.Generator) -> list[Actor]:
    """Something on the ground burns."""
    (x, z), frames, seed = _spot(scene, rng), 55, int(rng.integers(1 << 30))

    def shapes(age: int) -> list[Shape]:
        size = 1.5 * max(ramp(age, -4, frames + 2, 20), 0.2)
        return things.fire(x, z, size, np.random.default_rng([seed, age // 2]))

    return [_staying(shapes, looks.flames(rng), (x, z), frames=frames, kind="fire")]


def smoke(scene: Scene, rng: np.random.Generator) -> list[Actor]:
    """Smoke rises from the ground."""
    (x, z), frames = _spot(scene, rng), 60
    seeds = rng.random(16).tolist()

    def shapes(age: int) -> list[Shape]:
        size = 2.4 * max(ramp(age, -6, frames + 3, 25), 0.2)
        return things.smoke(x, z, size, age / FPS, seeds)

    return [_staying(shapes, looks.fumes(rng), (x, z), frames=frames, kind="smoke", opacity=0.85)]


def _staying(
    shapes: Callable[[int], list[Shape]],
    skin: looks.Skin,
    place: Place,
    *,
    frames: int,
    kind: str,
    opacity: float = 1.0,
) -> Actor:
    return Actor(
        start=0, frames=frames, skin=skin, shapes=shapes, place=lambda _: place,
        kind=always(kind), opacity=opacity, shadow=False,
    )  # fmt: skip


def lawn(scene: Scene, rng: np.random.Generator) -> list[Actor]:
    """Somebody walks over the lawn of the square."""
    look, gait = looks.walker(rng), replace(walking(rng), speed=rng.uniform(1.2, 1.6))
    motion = along(scene.trespass[int(rng.integers(len(scene.trespass)))], gait.speed)
    on_it = [scene.on_lawn(x, z) for x, z in motion.places.tolist()]

    def kind(age: int) -> str:
        return "lawn" if on_it[age] else NORMAL

    return [on_foot(look, looks.clothes(rng), motion, gait, kind=kind)]


def against(scene: Scene, rng: np.random.Generator) -> list[Actor]:
    """Somebody walks against the one-way flow."""
    look, gait = looks.walker(rng), replace(walking(rng), speed=1.5)
    near = rng.uniform(7.5, 9.5)
    motion = along(scene.across(near, near + rng.uniform(-0.4, 2), False), gait.speed)
    return [on_foot(look, looks.clothes(rng), motion, gait, kind=always("against"))]


def runs(scene: Scene, rng: np.random.Generator) -> list[Actor]:
    """Somebody runs."""
    gait = running(rng)
    motion = along(_across(scene, rng, *_usual(scene)), gait.speed)
    look = replace(looks.walker(rng), umbrella=False, bag="")
    return [on_foot(look, looks.clothes(rng), motion, gait, kind=always("running"))]


def _usual(scene: Scene) -> tuple[float, float]:
    """Nearest and farthest distance at which walking across is usual in every scene."""
    return (7.4, 9.4) if scene.lawn else (8.5, 13.0)


def cycling(scene: Scene, rng: np.random.Generator) -> list[Actor]:
    """Somebody rides a bicycle."""
    look = replace(looks.walker(rng), umbrella=False, bag="", height=1.75)
    route = _across(scene, rng, *((7.8, 9.4) if scene.lawn else (10.0, 13.0)))
    speed = rng.uniform(5.0, 5.8)
    return [
        rolling(
            lambda x, z, heading, gone: things.cyclist(look, x, z, heading, gone),
            looks.clothes(rng), route, speed, "cycling",
        )
    ]  # fmt: skip


def _stop(scene: Scene, rng: np.random.Generator, speed: float, frames: int) -> Motion:
    """Walk across, stop on the way, stay, and go on."""
    return along(_across(scene, rng, *_usual(scene)), speed, (rng.uniform(0.3, 0.55), frames))


def _stopping(
    rng: np.random.Generator,
    motion: Motion,
    change: Callable[[int, Pose], Pose],
    kind: KindAtAge,
) -> Actor:
    look = replace(looks.walker(rng), umbrella=False, bag="", height=rng.uniform(1.6, 1.85))
    return on_foot(look, looks.clothes(rng), motion, walking(rng), kind=kind, change=change)


def falls(scene: Scene, rng: np.random.Generator) -> list[Actor]:
    """Somebody falls, writhes on the ground and gets up."""
    motion = _stop(scene, rng, 1.4, 55)
    first, last = resting(motion)

    def down(age: int) -> float:
        return 1.5 * ramp(age, first, last, 9)

    def change(age: int, pose: Pose) -> Pose:
        tilt = down(age)
        if tilt == 0:
            return pose
        kick = 0.5 * sin(age * 0.5)
        return replace(
            pose, tilt=tilt, phase=age * 0.3, stride=0.42, reach=(1.6 + kick, 2.2 - kick), lean=0.15
        )

    return [_stopping(rng, motion, change, lambda a: "falling" if down(a) > 0.2 else NORMAL)]


def loiters(scene: Scene, rng: np.random.Generator) -> list[Actor]:
    """Somebody squats down on one spot for long, rocking and fidgeting."""
    motion = _stop(scene, rng, 1.4, 75)
    first, last = resting(motion)

    def low(age: int) -> float:
        return ramp(age, first, last, 12)

    def change(age: int, pose: Pose) -> Pose:
        share = low(age)
        if share == 0:
            return pose
        arms = (1.2 + 0.5 * sin(age * 0.33), 1.4 + 0.6 * sin(age * 0.27 + 1))
        rock = 0.35 + 0.28 * sin(age * 0.3)
        return replace(pose, squat=share, lean=share * rock, reach=arms, sway=0.2 * sin(age * 0.21))

    return [_stopping(rng, motion, change, lambda a: "loitering" if low(a) > 0.2 else NORMAL)]


PERIOD, RELEASE = 26, 15
"""Frames from throw to throw, and from the start of a throw to the hand's opening."""


def _arm(step: int) -> float:
    """Angle of the throwing arm: back and up, then over and forward."""
    return float(np.interp(step, [0, 8, RELEASE, RELEASE + 4, PERIOD], [0.2, 3.9, 1.9, 0.5, 0.2]))


def throws(scene: Scene, rng: np.random.Generator) -> list[Actor]:
    """Somebody stops and throws one thing after another."""
    motion = _stop(scene, rng, 1.4, 2 * PERIOD + 8)
    first, last = resting(motion)

    def change(age: int, pose: Pose) -> Pose:
        if not first <= age <= last:
            return pose
        arm = _arm((age - first) % PERIOD)
        return replace(pose, reach=(arm, 0.6), lean=0.35 - 0.2 * arm, stride=0.42, phase=1.3)

    thrower = _stopping(rng, motion, change, lambda a: "throwing" if first <= a <= last else NORMAL)
    skin = looks.skin(rng, {1: looks.hue(rng, 0.8, 0.95)}, {})
    x, z = motion.places[first].tolist()
    heading = float(motion.headings[first])
    releases = range(first + RELEASE, last - 8, PERIOD)
    return [thrower, *(_thrown(skin, x, z, heading).at(release) for release in releases)]


def _thrown(skin: looks.Skin, x: float, z: float, heading: float) -> Actor:
    """A ball on its parabola from a hand 2 m up."""
    c, s = cos(heading), sin(heading)

    def place(age: int) -> Place:
        way = 0.5 + 5.5 * age / FPS
        return x + way * c, z + way * s

    def shapes(age: int) -> list[Shape]:
        t = age / FPS
        right, away = place(age)
        return [ball((right, max(2.0 + 3.6 * t - 4.9 * t * t, 0.17), away), 0.17, 1)]

    return Actor(start=0, frames=29, skin=skin, shapes=shapes, place=place, kind=always("throwing"))


EVENTS: dict[str, Event] = {
    "vehicle": vehicle, "fire": fire, "smoke": smoke, "lawn": lawn, "against": against,
    "running": runs, "falling": falls, "loitering": loiters, "throwing": throws,
    "cycling": cycling,
}  # fmt: skip

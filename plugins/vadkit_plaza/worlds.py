"""The two worlds: the videos of each, and the actors that appear in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vadkit_plaza import virtual
from vadkit_plaza.actors import Actor
from vadkit_plaza.crowd import company
from vadkit_plaza.events import EVENTS
from vadkit_plaza.ground import Image
from vadkit_plaza.render import Light, Picture, Sensor, Stage
from vadkit_plaza.scenes import SCENES, Scene
from vadkit_plaza.script import Plan, cast
from vadkit_plaza.virtual_scenes import SETTINGS


@dataclass(frozen=True)
class Film:
    """One video, ready to be rendered."""

    plan: Plan
    stage: Stage
    actors: list[Actor]
    flash: tuple[int, ...] = ()

    def pictures(self) -> Iterator[Picture]:
        """Render frame by frame."""
        return self.stage.show(self.actors, self.plan.frames, self.flash)


@dataclass(frozen=True)
class World:
    """A data set that is drawn."""

    name: str
    version: int
    """Raised when any frame or label of any seed changes."""
    plans: tuple[Plan, ...]
    film: Callable[[Plan, np.random.Generator, int], Film]
    """Draws one of the videos with its own numbers, in the world of a seed."""

    def shoot(self, number: int, seed: int) -> Film:
        """The world's video `number`."""
        return self.film(self.plans[number], np.random.default_rng([seed, 1, number]), seed)


def _training(scene: str, videos: int) -> list[Plan]:
    return [Plan(f"{scene}-train-{n + 1}", "train", scene, 220) for n in range(videos)]


def _testing(scene: str, *events: tuple[tuple[str, int], ...]) -> list[Plan]:
    return [
        Plan(f"{scene}-test-{n + 1}", "test", scene, 210, kinds) for n, kinds in enumerate(events)
    ]


PLANS = (
    *_training("square", 4),
    *_training("park", 3),
    *_training("gate", 3),
    *_testing(
        "square",
        (("vehicle", 90),),
        (("lawn", 15), ("fire", 145)),
        (("running", 30), ("lawn", 85)),
        (("falling", -15),),
    ),
    *_testing(
        "park",
        (("smoke", 30), ("cycling", 150)),
        (("throwing", -10),),
        (("vehicle", 60),),
    ),
    *_testing(
        "gate",
        (("against", 130),),
        (("cycling", 55), ("running", 155)),
        (("loitering", -5),),
    ),
)


@lru_cache(maxsize=8)
def _background(name: str, seed: int) -> Image:
    order = list(SCENES).index(name)
    return SCENES[name].paint(np.random.default_rng([seed, 0, order]))


def _film(plan: Plan, rng: np.random.Generator, seed: int) -> Film:
    scene: Scene = SCENES[plan.scene]
    events = [EVENTS[kind](scene, rng) for kind, _ in plan.events]
    actors = cast(rng, plan, lambda: company(rng, scene.walk(rng)), events, crowd=2)
    light, sensor = Light(rng, 0.04), Sensor(rng, 2.0)
    stage = Stage(scene.camera, scene.sun, _background(plan.scene, seed), light, sensor)
    return Film(plan, stage, actors)


def _virtual_film(plan: Plan, rng: np.random.Generator, seed: int) -> Film:
    setting = SETTINGS[plan.scene]
    events = [virtual.EVENTS[kind](setting, rng) for kind, _ in plan.events]
    draw = virtual.companies(setting, rng)
    actors = cast(rng, plan, draw, events, int(rng.integers(1, 3)))
    background = setting.paint(np.random.default_rng([seed, 2]))
    stage = Stage(setting.camera, setting.sun, background, Light(rng, 0.01), Sensor(rng, 0.6))
    return Film(plan, stage, actors, virtual.flashes(plan))


PLAZA = World("plaza", 1, PLANS, _film)
VIRTUAL = World("plaza-virtual", 1, virtual.PLANS, _virtual_film)
WORLDS = {world.name: world for world in (PLAZA, VIRTUAL)}

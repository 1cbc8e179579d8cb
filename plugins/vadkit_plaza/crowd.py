"""Normal pedestrians: alone and in groups, with prams and dogs."""

# ruff: noqa: PLR2004 -- a drawing is made of numbers

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vadkit_plaza import looks, things
from vadkit_plaza.actors import USUAL, Actor, on_foot, standing, walking
from vadkit_plaza.motion import Place, along
from vadkit_plaza.people import Look
from vadkit_plaza.shapes import Shape


def company(rng: np.random.Generator, route: list[Place], flat: bool = False) -> list[Actor]:
    """Draw normal pedestrians: one alone, with a pram or a dog, or a group."""
    choice = rng.random()
    if choice < 0.2:
        return [_with_pram(rng, route, flat)]
    if choice < 0.32:
        return _with_dog(rng, route, flat)
    if choice < 0.54:
        return _group(rng, route, flat)
    return [stroller(rng, route, flat)]


def stroller(rng: np.random.Generator, route: list[Place], flat: bool = False) -> Actor:
    """Somebody alone, who may stand still for a while."""
    look = looks.walker(rng)
    gait = walking(rng, look.height)
    rest = (rng.uniform(0.25, 0.7), int(rng.integers(15, 45))) if rng.random() < 0.2 else None
    return on_foot(look, looks.clothes(rng, flat), along(route, gait.speed, rest), gait)


def _with_pram(rng: np.random.Generator, route: list[Place], flat: bool) -> Actor:
    look = Look(height=rng.uniform(1.6, 1.82), skirt=bool(rng.random() < 0.4))
    gait = walking(rng)
    return on_foot(
        look, looks.clothes(rng, flat), along(route, gait.speed), gait,
        change=lambda _, pose: replace(pose, reach=(0.75, 0.75)), pushes=things.pram,
    )  # fmt: skip


def _with_dog(rng: np.random.Generator, route: list[Place], flat: bool) -> list[Actor]:
    look, gait = looks.walker(rng), walking(rng)
    motion = along(route, gait.speed)
    size, side = rng.uniform(0.35, 0.62), rng.uniform(0.4, 0.8)
    beside = replace(motion, places=np.add(motion.places, [0.5 * side, -side]))

    def shapes(age: int) -> list[Shape]:
        x, z = beside.places[age].tolist()
        phase = float(motion.way[age]) * 3.6 / size
        return things.dog(x, z, float(motion.headings[age]), phase, size)

    pet = Actor(
        start=0, frames=len(motion), skin=looks.clothes(rng, flat), shapes=shapes,
        kind=USUAL, place=standing(beside),
    )  # fmt: skip
    return [on_foot(look, looks.clothes(rng, flat), motion, gait), pet]


def _group(rng: np.random.Generator, route: list[Place], flat: bool) -> list[Actor]:
    gait, actors = walking(rng), []
    for n in (-1, 0, 1)[: int(rng.integers(2, 4))]:
        look = looks.walker(rng)
        shift = np.array([rng.uniform(-0.2, 0.2) - 0.4 * n, 0.6 * n + rng.uniform(-0.1, 0.1)])
        motion = along([(x + shift[0], z + shift[1]) for x, z in route], gait.speed)
        actors.append(on_foot(look, looks.clothes(rng, flat), motion, gait))
    return actors

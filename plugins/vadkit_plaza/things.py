"""Shapes of vehicles, bicycles, prams, dogs, fire and smoke."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import cos, pi, sin

import numpy as np

from vadkit_plaza.people import LEGS, SKIN, TOP, Look, Pose, Stance, person
from vadkit_plaza.shapes import Hull, Limb, Point, Shape, ball, far_to_near

BODY, SIDE, GLASS, TYRE, METAL, LAMP = range(10, 16)
HOT, WARM, CORE, ASH = 10, 11, 12, 13


def block(
    stance: Stance, ahead: tuple[float, float], half: float, up: tuple[float, float], part: int
) -> Hull:
    """An upright box from `ahead[0]` to `ahead[1]`, `half` metres to either side."""
    corners = [stance.at(a, s, u) for a in ahead for s in (-half, half) for u in up]
    return Hull(tuple(corners), part)


def _face(stance: Stance, outline: Sequence[tuple[float, float]], side: float, part: int) -> Hull:
    return Hull(tuple(stance.at(a, side, u) for a, u in outline), part)


def _disc(stance: Stance, ahead: float, side: float, radius: float, part: int) -> Hull:
    turns = [n * pi / 6 for n in range(12)]
    rim = [(ahead + radius * cos(a), radius + radius * sin(a)) for a in turns]
    return _face(stance, rim, side, part)


def _wheel(stance: Stance, ahead: float, side: float, radius: float, turn: float) -> list[Shape]:
    shapes: list[Shape] = [_disc(stance, ahead, side, radius, TYRE)]
    for n in range(3):
        angle = -turn + n * 2 * pi / 3
        rim = stance.at(ahead + 0.75 * radius * cos(angle), side, radius * (1 + 0.75 * sin(angle)))
        shapes.append(Limb(stance.at(ahead, side, radius), rim, 0.22 * radius, METAL))
    return shapes


def _near(stance: Stance) -> float:
    """The sign of the side that faces the camera."""
    return 1.0 if cos(stance.heading) < 0 else -1.0


def cart(x: float, z: float, heading: float, way: float) -> list[Shape]:
    """An open service cart with a driver, 2.3 m long; `way` is the distance driven in metres."""
    stance = Stance(x, z, heading)
    near = _near(stance)
    driver = person(Look(height=1.7), *_ground(stance, -0.05), heading, Pose(phase=0, squat=0.55))
    shapes: list[Shape] = []
    for side in (-near, near):
        posts = [(0.75, 0.2), (-0.85, 0.0)]
        rails = [
            Limb(stance.at(a, 0.5 * side, 0.7), stance.at(a - b, 0.5 * side, 1.75), 0.03, METAL)
            for a, b in posts
        ]
        wheels = [s for a in (0.72, -0.72) for s in _wheel(stance, a, 0.55 * side, 0.3, way / 0.3)]
        if side == near:
            shapes += [_lift(shape, 0.35) for shape in driver]
            shapes += [
                block(stance, (-1.15, 1.15), 0.5, (0.3, 0.72), SIDE),
                block(stance, (0.6, 1.15), 0.5, (0.5, 0.95), BODY),
                block(stance, (-1.15, -0.5), 0.5, (0.5, 1.0), BODY),
            ]
        shapes += rails + wheels
    shapes.append(block(stance, (-1.1, 0.75), 0.6, (1.75, 1.85), BODY))
    shapes.append(ball(stance.at(0, 0, 1.95), 0.09, LAMP))
    return shapes


def van(x: float, z: float, heading: float, way: float) -> list[Shape]:
    """A closed delivery van, 2.9 m long."""
    stance = Stance(x, z, heading)
    near = 0.66 * _near(stance)
    shapes: list[Shape] = [
        block(stance, (-1.45, 0.75), 0.65, (0.3, 1.8), BODY),
        block(stance, (0.6, 1.45), 0.65, (0.3, 1.0), BODY),
        _face(stance, [(0.7, 1.7), (0.7, 0.95), (1.35, 0.95), (0.95, 1.7)], near, GLASS),
        _face(stance, [(-1.4, 0.75), (-1.4, 1.15), (0.6, 1.15), (0.6, 0.75)], near, SIDE),
        ball(stance.at(1.45, near * 0.8, 0.6), 0.09, LAMP),
    ]
    for ahead in (0.85, -0.85):
        shapes += _wheel(stance, ahead, near, 0.32, way / 0.32)
    return shapes


def cyclist(look: Look, x: float, z: float, heading: float, way: float) -> list[Shape]:
    """A person on a bicycle."""
    stance = Stance(x, z, heading)
    pose = Pose(phase=way / 0.8, stride=0.3, squat=0.34, knee=0.3, lean=0.6, reach=(0.95, 0.95))
    rider = person(look, *_ground(stance, -0.3), heading, pose)
    shapes: list[Shape] = []
    for ahead in (-0.55, 0.55):
        shapes += _ring(stance, ahead, 0.36, way / 0.36)
    frame = [(-0.55, 0.36), (-0.2, 0.85), (0.42, 0.82), (0.05, 0.36), (-0.2, 0.85)]
    frame += [(0.05, 0.36), (-0.55, 0.36), (0.55, 0.36), (0.38, 1.0), (0.5, 1.02)]
    for (a, b), (c, d) in pairwise(frame):
        if (a, c) != (-0.55, 0.55):
            shapes.append(Limb(stance.at(a, 0, b), stance.at(c, 0, d), 0.035, BODY))
    return [*shapes, *(_lift(shape, 0.28) for shape in rider)]


def _ring(stance: Stance, ahead: float, radius: float, turn: float) -> list[Shape]:
    rim = [
        stance.at(ahead + radius * cos(n * pi / 6), 0, radius * (1 + sin(n * pi / 6)))
        for n in range(13)
    ]
    hub = stance.at(ahead, 0, radius)
    shapes: list[Shape] = [Limb(a, b, 0.04, TYRE) for a, b in pairwise(rim)]
    for n in range(2):
        angle = -turn + n * pi
        edge = stance.at(ahead + radius * cos(angle), 0, radius * (1 + sin(angle)))
        shapes.append(Limb(hub, edge, 0.015, METAL))
    return shapes


def pram(x: float, z: float, heading: float, way: float) -> list[Shape]:
    """A pram, its middle 0.85 m ahead of who pushes it."""
    stance = Stance(x, z, heading)
    near = 0.25 * _near(stance)
    shapes: list[Shape] = [
        Limb(stance.at(0.3, 0, 1.0), stance.at(1.1, 0, 0.35), 0.025, METAL),
        block(stance, (0.55, 1.25), 0.24, (0.45, 0.75), BODY),
        _face(stance, [(0.95, 0.7), (1.27, 0.7), (1.2, 1.05), (0.95, 1.12)], near, SIDE),
    ]
    for ahead in (0.6, 1.2):
        shapes += _wheel(stance, ahead, near, 0.13, way / 0.13)
    return shapes


def dog(x: float, z: float, heading: float, phase: float, size: float = 0.6) -> list[Shape]:
    """A walking four-legged animal, `size` metres high at the shoulder."""
    stance = Stance(x, z, heading)
    h = size
    shapes: list[Shape] = [
        Limb(stance.at(-0.5 * h, 0, 0.85 * h), stance.at(0.5 * h, 0, 0.88 * h), 0.2 * h, TOP),
        Limb(stance.at(0.6 * h, 0, 1.0 * h), stance.at(0.8 * h, 0, 1.22 * h), 0.13 * h, TOP),
        Limb(stance.at(0.8 * h, 0, 1.22 * h), stance.at(1.1 * h, 0, 1.15 * h), 0.11 * h, SKIN),
        Limb(stance.at(-0.6 * h, 0, 0.95 * h), stance.at(-0.95 * h, 0, 1.2 * h), 0.05 * h, TOP),
    ]
    for n, (ahead, side) in enumerate([(0.45, 0.1), (0.45, -0.1), (-0.45, 0.1), (-0.45, -0.1)]):
        swing = 0.3 * h * sin(phase + pi * (n in (1, 2)))
        hip, foot = stance.at(ahead * h, side * h, 0.8 * h), (ahead * h + swing, side * h)
        shapes.append(Limb(hip, stance.at(*foot, 0.05), 0.07 * h, LEGS))
    return far_to_near(shapes)


def barrel(x: float, z: float, heading: float, way: float) -> list[Shape]:
    """A barrel lying across its way, rolling."""
    stance = Stance(x, z, heading)
    radius, turn = 0.45, way / 0.45
    shapes: list[Shape] = [
        Limb(stance.at(0, -0.5, radius), stance.at(0, 0.5, radius), radius, BODY),
        _disc(stance, 0, 0.72 * _near(stance), radius * 0.9, SIDE),
    ]
    for n in range(2):
        angle = -turn + n * pi / 2
        a, u = 0.75 * radius * cos(angle), 0.75 * radius * sin(angle)
        side = 0.73 * _near(stance)
        ends = stance.at(-a, side, radius - u), stance.at(a, side, radius + u)
        shapes.append(Limb(*ends, 0.05, METAL))
    return shapes


def drone(x: float, y: float, z: float, turn: float) -> list[Shape]:
    """A hovering drone with four rotors, 1.3 m wide."""
    shapes: list[Shape] = [ball((x, y, z), 0.2, BODY)]
    for a, b in ((-1, -0.4), (1, -0.4), (-1, 0.4), (1, 0.4)):
        tip = (x + 0.6 * a, y + 0.08, z + b)
        c = 0.35 * cos(turn * a)
        blade = (tip[0] - c, tip[1] + 0.05, tip[2]), (tip[0] + c, tip[1] + 0.05, tip[2])
        shapes += [Limb((x, y, z), tip, 0.05, METAL), Limb(*blade, 0.04, GLASS)]
    return shapes


def fire(x: float, z: float, size: float, rng: np.random.Generator) -> list[Shape]:
    """Flames, drawn anew in each frame; `size` is their height in metres."""
    shapes: list[Shape] = [Limb((x - 0.5 * size, 0, z), (x + 0.5 * size, 0, z), 0.1 * size, ASH)]
    for part, share, wide in ((HOT, 1.0, 0.5), (WARM, 0.72, 0.38), (CORE, 0.42, 0.25)):
        for n in range(5):
            foot = (n - 2) / 2 * wide * size
            top = size * share * (1 - 0.18 * abs(n - 2)) * rng.uniform(0.65, 1.15)
            drift = foot * 0.6 + size * rng.uniform(-0.12, 0.12)
            flame = ((x + foot, 0.05, z), (x + drift, top, z))
            shapes += [Limb(*_cut(flame), 0.13 * size * wide / 0.5, part), _tongue(flame, part)]
    return shapes


def _cut(flame: tuple[Point, Point]) -> tuple[Point, Point]:
    (a, b, z), (c, d, _) = flame
    return (a, b, z), ((a + c) / 2, (b + d) / 2, z)


def _tongue(flame: tuple[Point, Point], part: int) -> Hull:
    (a, b, z), (c, d, _) = flame
    wide = 0.12 * (d - b)
    return Hull(((a - wide, (b + d) / 2, z), (a + wide, (b + d) / 2, z), (c, d, z)), part)


def smoke(x: float, z: float, size: float, time: float, seeds: Sequence[float]) -> list[Shape]:
    """A rising plume, `size` metres high; each seed is one puff."""
    shapes: list[Shape] = []
    for seed in seeds:
        age = (time * 0.55 + seed) % 1.0
        drift = 0.25 * size * age * age + 0.16 * size * sin(23 * seed + 4 * age)
        puff = (x + drift, 0.1 + size * age, z)
        shapes.append(ball(puff, size * (0.07 + 0.15 * age), HOT + int(seed * 97) % 3))
    return shapes


def _ground(stance: Stance, ahead: float) -> tuple[float, float]:
    x, _, z = stance.at(ahead, 0, 0)
    return x, z


def _lift(shape: Shape, up: float) -> Shape:
    def raised(point: Point) -> Point:
        return (point[0], point[1] + up, point[2])

    if isinstance(shape, Limb):
        return shape._replace(start=raised(shape.start), end=raised(shape.end))
    return Hull(tuple(raised(point) for point in shape.points), shape.part)

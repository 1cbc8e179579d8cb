"""The three scenes of `plaza`: camera, light, background, and where people usually walk."""

# ruff: noqa: PLR2004 -- a drawing is made of numbers

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vadkit_plaza import ground
from vadkit_plaza.ground import Colour, Grid, Image
from vadkit_plaza.motion import Place
from vadkit_plaza.shapes import Camera, Hull, Limb, Shape, Sun

Route = list[Place]
Draw = Callable[[np.random.Generator], Route]
MARGIN = 0.9
"""Metres beyond the image's side at which routes begin and end."""


@dataclass(frozen=True)
class Scene:
    """One fixed camera and its habits."""

    name: str
    camera: Camera
    sun: Sun
    paint: Callable[[np.random.Generator], Image]
    """Draws the background, (2H, 2W, 3)."""
    walk: Draw
    """Draws a usual route."""
    wheels: tuple[float, float]
    """Nearest and farthest distance at which vehicles cross."""
    spots: tuple[Place, ...]
    """Where something may burn or somebody stay."""
    lawn: tuple[float, float, float, float] | None = None
    """Left, right, near and far end of a lawn nobody usually walks on."""
    trespass: tuple[tuple[Place, ...], ...] = field(default=())
    """Routes across that lawn."""
    one_way: bool = False
    """Whether everybody walks to the right."""

    def on_lawn(self, x: float, z: float) -> bool:
        """Whether a place is on the forbidden lawn."""
        if self.lawn is None:
            return False
        left, right, near, far = self.lawn
        return left < x < right and near < z < far

    def across(self, near: float, far: float, to_right: bool) -> Route:
        """From one side of the image to the other, changing distance from `near` to `far`."""
        reach = self.camera.reach
        route = [(-reach(near) - MARGIN, near), (reach(far) + MARGIN, far)]
        return route if to_right else [(-x, z) for x, z in route]


SQUARE_CAMERA = Camera(focal=250, height=5.0, horizon=-20)
SQUARE_SUN = Sun(0.45, 0.2, 100)
LAWN = (-1.0, 30.0, 10.2, 15.6)


def _side(rng: np.random.Generator) -> bool:
    return bool(rng.random() < 0.5)


def _walk_square(rng: np.random.Generator) -> Route:
    """Along the front, along the back, or down the left side from the door."""
    choice, u = rng.random(), rng.uniform
    if choice < 0.5:
        return SQUARE.across(u(7.2, 9.3), u(7.2, 9.3), _side(rng))
    if choice < 0.72:
        return SQUARE.across(u(16.7, 18.5), u(16.7, 18.5), _side(rng))
    corner, exit_at = (u(-4.3, -1.8), u(8.4, 9.4)), u(7.2, 9.3)
    end = (SQUARE_CAMERA.reach(exit_at) + MARGIN) * (1 if _side(rng) else -1)
    route = [(-3.0, 19.6), (u(-4.5, -2.0), 15.5), corner, (end, exit_at)]
    return route if _side(rng) else route[::-1]


def _paint_square(rng: np.random.Generator) -> Image:
    g = ground.grid(SQUARE_CAMERA, 20.0)
    image = ground.slabs(rng, g, (176, 166, 150), 0.9, 7)
    _lay(image, (g.x > -5) & (g.x < -1.5), ground.slabs(rng, g, (152, 134, 122), 0.45, 9))
    left, _, near, far = LAWN
    kerb = (g.x > left - 0.2) & (g.z > near - 0.2) & (g.z < far + 0.2)
    _lay(image, kerb, ground.flat(g, (205, 202, 194)))
    lawn = (g.x > left) & (g.z > near) & (g.z < far)
    _lay(image, lawn, ground.grass(rng, g, (82, 128, 62)))
    _lay(image, g.up > 0, ground.bricks(rng, g, (164, 98, 78)))
    ground.panels(image, g, 3.0, (0.9, 2.1, 1.0, 3.0), (70, 84, 98))
    door = (np.abs(g.x + 3.0) < 0.8) & (g.up > 0) & (g.up < 2.3)
    image[door] = (48, 38, 34)
    done = ground.finish(image)
    pieces: list[tuple[list[Shape], Colour]] = [
        ([Limb((6.2, 0, 15), (6.2, 2.0, 15), 0.16, 8)], (92, 66, 44)),
        (ground.tree(rng, 6.2, 15.0, 3.4), (58, 100, 44)),
        (_bench(-7.2, 14.5), (120, 80, 46)),
    ]
    ground.furnish(done, SQUARE_CAMERA, SQUARE_SUN, pieces)
    return done


def _bench(x: float, z: float) -> list[Shape]:
    seat = Hull(tuple((x + a, 0.45, z + b) for a in (-0.9, 0.9) for b in (-0.25, 0.2)), 8)
    back = Hull(tuple((x + a, y, z + 0.25) for a in (-0.9, 0.9) for y in (0.6, 0.95)), 7)
    legs: list[Shape] = [Limb((x + a, 0, z), (x + a, 0.45, z), 0.05, 4) for a in (-0.8, 0.8)]
    return [back, *legs, seat]


def _lay(image: ground.Array, where: NDArray[np.bool_], material: ground.Array) -> None:
    image[where] = material[where]


PARK_CAMERA = Camera(focal=220, height=4.0, horizon=5)
PARK_SUN = Sun(-0.6, -0.15, 90)


def _walk_park(rng: np.random.Generator) -> Route:
    """Anywhere, on grass and gravel alike."""
    u = rng.uniform
    if rng.random() < 0.75:
        return PARK.across(u(6.3, 14), u(6.3, 14), _side(rng))
    near = u(6.5, 10)
    end = (PARK_CAMERA.reach(near) + MARGIN) * (1 if _side(rng) else -1)
    route = [(2.4, 21.6), (u(-2, 3), u(12, 16)), (end, near)]
    return route if _side(rng) else route[::-1]


def _paint_park(rng: np.random.Generator) -> Image:
    g = ground.grid(PARK_CAMERA, 22.0)
    image = ground.grass(rng, g, (98, 124, 58))
    path = np.abs(g.z - 11 - 1.6 * np.sin(g.x / 3)) < 1.0
    path |= (np.abs(g.x - 2.4 + 0.5 * np.sin(g.z / 2)) < 0.8) & (g.z > 11)
    _lay(image, path, ground.gravel(rng, g, (190, 172, 138)))
    hedge = ground.flat(g, (46, 78, 36)) + ground.noise(rng, g.x, g.up, 12, 3)[..., None] * 12
    _lay(image, g.up > 0, hedge)
    image[(np.abs(g.x - 2.4) < 0.9) & (g.up > 0) & (g.up < 2.4)] = (30, 42, 26)
    _lay(image, g.up > 2.8, ground.flat(g, (196, 208, 218)))
    done = ground.finish(image)
    pieces: list[tuple[list[Shape], Colour]] = []
    for x, z, size in ((-8.5, 19.0, 4.2), (7.6, 19.5, 4.6), (-3.4, 20.5, 3.8)):
        pieces.append(([Limb((x, 0, z), (x, size * 0.6, z), 0.2, 8)], (84, 64, 46)))
        pieces.append((ground.tree(rng, x, z, size), (66, 104, 44)))
    pieces.append((_bench(-5.0, 14.6), (110, 84, 60)))
    ground.furnish(done, PARK_CAMERA, PARK_SUN, pieces)
    return done


GATE_CAMERA = Camera(focal=260, height=3.6, horizon=10)
GATE_SUN = Sun(0.05, 0.16, 70)


def _walk_gate(rng: np.random.Generator) -> Route:
    """To the right, always."""
    near = rng.uniform(7.0, 14.0)
    return GATE.across(near, float(np.clip(near + rng.uniform(-2, 2), 7.0, 16.0)), True)


def _paint_gate(rng: np.random.Generator) -> Image:
    g = ground.grid(GATE_CAMERA, 18.0)
    image = ground.slabs(rng, g, (150, 156, 164), 0.6, 5)
    _lay(image, g.z < 6.7, ground.slabs(rng, g, (112, 116, 124), 0.3, 4))
    _lay(image, np.abs(g.z - 16.8) < 0.12, ground.flat(g, (224, 196, 60)))
    image[_arrows(g)] = (232, 232, 226)
    _lay(image, g.up > 0, ground.slabs(rng, Grid(g.x, g.up, g.up), (206, 204, 192), 0.5, 4))
    ground.panels(image, g, 4.2, (0.6, 1.9, 0.9, 2.6), (74, 116, 148))
    ground.panels(image, g, 4.2, (2.5, 3.5, 1.0, 2.4), (168, 92, 84))
    done = ground.finish(image)
    pieces: list[tuple[list[Shape], Colour]] = [
        ([Limb((x, 0, 17.5), (x, 4.5, 17.5), 0.22, 8)], (128, 128, 132)) for x in (-6, 0, 6)
    ]
    ground.furnish(done, GATE_CAMERA, GATE_SUN, pieces)
    return done


def _arrows(g: Grid) -> NDArray[np.bool_]:
    """Arrows on the floor that point to the right."""
    along, side = g.x % 3.4, np.abs(g.z - 11.2)
    shaft = (along > 0.5) & (along < 1.5) & (side < 0.16)
    head = (along >= 1.5) & (along < 2.2) & (side < (2.2 - along) * 0.75)
    return np.asarray((shaft | head) & (g.up == 0))


SQUARE = Scene(
    name="square", camera=SQUARE_CAMERA, sun=SQUARE_SUN, paint=_paint_square, walk=_walk_square,
    wheels=(16.4, 18.0), spots=((-2.6, 12.5), (-0.6, 9.0), (2.2, 9.2), (-3.4, 14.2)), lawn=LAWN,
    trespass=(
        ((6.9, 12.4), (2.0, 9.2), (-4.5, 7.8)),
        ((-2.2, 17.4), (0.6, 13.5), (1.6, 9.4), (5.0, 8.2)),
        ((5.2, 8.6), (1.8, 10.0), (-0.4, 13.4), (-3.0, 19.4)),
    ),
)  # fmt: skip
PARK = Scene(
    name="park", camera=PARK_CAMERA, sun=PARK_SUN, paint=_paint_park, walk=_walk_park,
    wheels=(13.5, 16.0), spots=((-2.5, 10.5), (2.5, 9.5), (-3.6, 13.0), (0.5, 12.0)),
)  # fmt: skip
GATE = Scene(
    name="gate", camera=GATE_CAMERA, sun=GATE_SUN, paint=_paint_gate, walk=_walk_gate,
    wheels=(13.5, 16.0), spots=((-2.5, 10.0), (2.0, 11.5), (-1.0, 12.5), (1.5, 9.0)),
    one_way=True,
)  # fmt: skip
SCENES = {scene.name: scene for scene in (SQUARE, PARK, GATE)}

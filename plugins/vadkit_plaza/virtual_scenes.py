"""The scenes of `plaza-virtual`."""

# ruff: noqa: PLR2004 -- a drawing is made of numbers

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vadkit_plaza import ground
from vadkit_plaza.ground import Image
from vadkit_plaza.scenes import Route
from vadkit_plaza.shapes import Camera, Sun


@dataclass(frozen=True)
class Setting:
    """A virtual scene."""

    camera: Camera
    sun: Sun
    paint: Callable[[np.random.Generator], Image]
    near: float
    """Nearest distance at which somebody walks."""
    far: float

    def across(self, rng: np.random.Generator) -> Route:
        """A route from one side to the other."""
        start, end = rng.uniform(self.near, self.far, 2).tolist()
        side = 1 if rng.random() < 0.5 else -1
        reach = self.camera.reach
        return [(-side * (reach(start) + 1), start), (side * (reach(end) + 1), end)]


def _paint_island(_: np.random.Generator) -> Image:
    g = ground.grid(ISLAND_CAMERA, 30.0)
    tiles = (np.floor(g.x / 1.5) + np.floor(g.z / 1.5)) % 2
    image = ground.flat(g, (216, 186, 130)) + (tiles * 10)[..., None]
    image[g.z > 17] = (70, 178, 196)
    image[g.up > 0] = (150, 206, 244)
    image[(g.up > 0) & (g.up < 4 + 2 * np.sin(g.x / 4))] = (120, 150, 170)
    return ground.finish(image)


def _paint_hall(_: np.random.Generator) -> Image:
    g = ground.grid(HALL_CAMERA, 22.0)
    lines = ((g.x % 2 < 0.08) | (g.z % 2 < 0.12)) & (g.up == 0)
    image = ground.flat(g, (128, 122, 158))
    image[lines] = (90, 226, 214)
    image[g.up > 0] = (92, 86, 122)
    ground.panels(image, g, 5.0, (0.6, 2.6, 0.8, 3.2), (220, 96, 160))
    return ground.finish(image)


ISLAND_CAMERA = Camera(focal=230, height=6.5, horizon=-28)
HALL_CAMERA = Camera(focal=200, height=3.0, horizon=34)
SETTINGS = {
    "island": Setting(ISLAND_CAMERA, Sun(0.3, -0.35, 90), _paint_island, 8.0, 16.0),
    "hall": Setting(HALL_CAMERA, Sun(0.0, 0.25, 60), _paint_hall, 6.0, 15.0),
}

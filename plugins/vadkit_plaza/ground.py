"""Painting what never moves: ground materials, facades and furniture."""

# ruff: noqa: PLR2004 -- a drawing is made of numbers

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit_plaza.shapes import Camera, Limb, Shape, Sun, draw

HEIGHT, WIDTH = 160, 240
ZOOM = 2
"""Frames are drawn at twice their size and averaged down."""

Image = NDArray[np.uint8]
Array = NDArray[np.float32]
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Grid:
    """Where each pixel of the enlarged frame meets the world."""

    x: Array
    """(2H, 2W) metres to the right, on the ground or on the back wall."""
    z: Array
    """(2H, 2W) metres away."""
    up: Array
    """(2H, 2W) metres above the ground, 0 on it."""


def grid(camera: Camera, wall: float) -> Grid:
    """Meet the ground and, behind it, an upright wall.

    Args:
        camera: Where from.
        wall: Distance of the wall in metres.
    """
    rows, columns = np.mgrid[: HEIGHT * ZOOM, : WIDTH * ZOOM].astype(np.float32)
    v, u = (rows + 0.5) / ZOOM, (columns + 0.5) / ZOOM
    below = np.maximum(v - np.float32(camera.horizon), 1e-3)
    z = np.minimum(np.float32(camera.focal * camera.height) / below, np.float32(wall))
    x = (u - np.float32(camera.centre)) * z / np.float32(camera.focal)
    up = np.float32(camera.height) - (v - np.float32(camera.horizon)) * z / np.float32(camera.focal)
    return Grid(x, z, np.where(z >= wall, np.maximum(up, 0), 0).astype(np.float32))


def noise(rng: np.random.Generator, a: Array, b: Array, texels: float, blur: int) -> Array:
    """Smooth noise of about unit variance, fixed to coordinates `a` and `b`."""
    # Whole numbers, whose sums come out the same in whatever order a processor adds them.
    steps = np.rint(rng.standard_normal((256, 256)) * 64).astype(np.float32)
    whole = cv2.blur(np.pad(steps, blur, mode="wrap"), (blur, blur))
    field = np.asarray(whole)[blur:-blur, blur:-blur] * np.float32(blur / 64)
    return np.asarray(field[_cell(a * texels) & 255, _cell(b * texels) & 255])


def _cell(values: Array) -> NDArray[np.int64]:
    return np.floor(values).astype(np.int64)


def flat(grid: Grid, colour: Colour) -> Array:
    """One colour everywhere, (2H, 2W, 3)."""
    return np.broadcast_to(np.array(colour, np.float32), (*grid.x.shape, 3)).copy()


def slabs(rng: np.random.Generator, g: Grid, colour: Colour, side: float, vary: float) -> Array:
    """Square slabs with joints."""
    tone = rng.standard_normal((64, 64)).astype(np.float32)
    slab = tone[_cell(g.x / side) & 63, _cell(g.z / side) & 63] * vary
    joint = ((g.x / side) % 1 < 0.07) | ((g.z / side) % 1 < 0.09)
    grain = noise(rng, g.x, g.z, 24, 3) * 4 + noise(rng, g.x, g.z, 3, 7) * 4
    return flat(g, colour) + (slab + grain - 26 * joint)[..., None]


def grass(rng: np.random.Generator, g: Grid, colour: Colour) -> Array:
    """Mown grass."""
    stripes = 5 * np.sign(np.sin(g.x * 1.6 + g.z * 0.4))
    grain = noise(rng, g.x, g.z, 22, 1) * 9 + noise(rng, g.x, g.z, 4, 9) * 7 + stripes
    return flat(g, colour) + grain[..., None] * np.array([0.9, 1.0, 0.6], np.float32)


def gravel(rng: np.random.Generator, g: Grid, colour: Colour) -> Array:
    """Gravel."""
    grain = noise(rng, g.x, g.z, 30, 1) * 8 + noise(rng, g.x, g.z, 2, 9) * 6
    return flat(g, colour) + grain[..., None]


def bricks(rng: np.random.Generator, g: Grid, colour: Colour) -> Array:
    """A brick wall."""
    row = _cell(g.up / 0.3)
    tone = rng.standard_normal((64, 64)).astype(np.float32)
    brick = tone[row & 63, _cell(g.x / 0.7 + row * 0.5) & 63] * 8
    joint = ((g.up / 0.3) % 1 < 0.15) | ((g.x / 0.7 + row * 0.5) % 1 < 0.08)
    return flat(g, colour) + (brick - 18 * joint)[..., None]


def panels(
    image: Array, g: Grid, spacing: float, box: tuple[float, float, float, float], colour: Colour
) -> None:
    """Set windows, doors or posters into the wall, one in `spacing` metres.

    `box` is left, right, foot and top in metres.
    """
    left, right, foot, top = box
    along = g.x % spacing
    inside = (along > left) & (along < right) & (g.up > foot) & (g.up < top)
    image[inside] = np.array(colour, np.float32)


def finish(image: Array) -> Image:
    """Round to bytes."""
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def furnish(
    image: Image, camera: Camera, sun: Sun, pieces: list[tuple[list[Shape], Colour]]
) -> None:
    """Draw furniture and its shadow into a background."""
    shade = np.zeros(image.shape[:2], np.uint8)
    for shapes, _ in pieces:
        draw(shade, shapes, lambda point: camera.see(sun.cast(point)), ZOOM)
    dark = np.uint16(256) - cv2.blur((shade > 0) * np.uint8(sun.strength), (3, 3))
    image[:] = (image * dark[..., None]) >> 8
    for shapes, colour in pieces:
        canvas = np.zeros(image.shape[:2], np.uint8)
        draw(canvas, shapes, camera.see, ZOOM)
        for part in np.unique(canvas)[1:].tolist():
            image[canvas == part] = [min(255, value * part // 8) for value in colour]


def tree(rng: np.random.Generator, x: float, z: float, size: float) -> list[Shape]:
    """The crown of a tree: leaves in lighter and darker parts (8 is the colour itself)."""
    shapes: list[Shape] = []
    for n in range(40):
        a, b, c = (rng.normal(0, 0.25) * size for _ in range(3))
        centre = (x + a, size * 0.75 + b * 0.7, z + c)
        shapes.append(Limb(centre, centre, size * rng.uniform(0.08, 0.16), 6 + n % 5))
    return shapes

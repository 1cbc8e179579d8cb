"""How actors look: clothes, skin and lacquer, drawn from a seed."""

# ruff: noqa: PLR2004 -- a drawing is made of numbers

from __future__ import annotations

from colorsys import hsv_to_rgb
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit_plaza import people, things
from vadkit_plaza.people import Look

TEXELS = 64
"""Side of a pattern."""
TEXELS_A_METRE = 44
SHADES = 4
PARTS = 16
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Skin:
    """What the numbered parts of an actor look like."""

    palette: NDArray[np.uint8]
    """(SHADES, PARTS, 3) RGB."""
    pattern: NDArray[np.uint8]
    """(TEXELS, TEXELS) shades, repeated over the actor."""


def hue(rng: np.random.Generator, saturation: float, value: float) -> Colour:
    """A colour of random hue."""
    red, green, blue = hsv_to_rgb(rng.random(), saturation, value)
    return int(red * 255), int(green * 255), int(blue * 255)


def _pick(rng: np.random.Generator, colours: list[Colour]) -> Colour:
    return colours[int(rng.integers(len(colours)))]


def cloth(rng: np.random.Generator) -> Colour:
    """A colour of clothes."""
    return hue(rng, rng.uniform(0.1, 0.65), rng.uniform(0.22, 0.85))


def pattern(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A pattern of two colours with two shades each: stripes, checks, dots or folds alone."""
    y, x = np.mgrid[:TEXELS, :TEXELS]
    size = int(rng.choice([4, 8]))
    second = [
        np.zeros((TEXELS, TEXELS), bool),
        y // size % 2 == 1,
        x // size % 2 == 1,
        (y // size + x // size) % 2 == 1,
        (y % (2 * size) < size) & (x % (2 * size) < size),
    ][int(rng.integers(5))]
    folds = cv2.blur(rng.integers(0, 256, (TEXELS, TEXELS), np.uint8), (5, 9)) > 132
    return (2 * second + folds).astype(np.uint8)


def skin(
    rng: np.random.Generator,
    colours: dict[int, Colour],
    seconds: dict[int, Colour],
    flat: bool = False,
) -> Skin:
    """Make a skin.

    Args:
        rng: Draws the pattern.
        colours: Part -> colour.
        seconds: Part -> second colour of the pattern, where it has one.
        flat: Without pattern and shading.
    """
    palette = np.zeros((SHADES, PARTS, 3), np.uint8)
    for part, colour in colours.items():
        second = seconds.get(part, colour)
        for shade, (base, dim) in enumerate([(colour, 4), (colour, 3), (second, 4), (second, 3)]):
            palette[shade, part] = [value * (4 if flat else dim) // 4 for value in base]
    texture = np.zeros((TEXELS, TEXELS), np.uint8) if flat else pattern(rng)
    return Skin(palette, texture)


FLESH: list[Colour] = [(232, 190, 160), (205, 150, 115), (150, 100, 70), (95, 62, 45)]
HAIR: list[Colour] = [(30, 24, 22), (70, 45, 28), (150, 115, 70), (120, 120, 120), (100, 40, 25)]


def clothes(rng: np.random.Generator, flat: bool = False) -> Skin:
    """The skin of a person, with a vehicle, pram or bicycle where there is one."""
    top, legs = cloth(rng), hue(rng, rng.uniform(0.1, 0.5), rng.uniform(0.12, 0.6))
    flesh = _pick(rng, FLESH)
    sleeve = flesh if rng.random() < 0.25 else top
    colours = {
        people.SKIN: flesh, people.HAIR: _pick(rng, HAIR), people.TOP: top,
        people.SLEEVE: sleeve, people.LEGS: legs, people.SHOES: (34, 30, 30),
        people.BAG: cloth(rng), people.DOME: cloth(rng), people.STICK: (40, 40, 44),
        things.BODY: hue(rng, 0.5, 0.75), things.SIDE: hue(rng, 0.35, 0.5),
        things.GLASS: (60, 80, 96), things.TYRE: (26, 26, 28), things.METAL: (176, 178, 180),
        things.LAMP: (250, 170, 40),
    }  # fmt: skip
    seconds = {people.TOP: cloth(rng), people.SLEEVE: sleeve, people.DOME: cloth(rng)}
    return skin(rng, colours, seconds, flat)


def vehicle(rng: np.random.Generator, flat: bool = False) -> Skin:
    """The skin of a vehicle and its driver: lacquer with a striped side."""
    base = clothes(rng, flat)
    lacquer = _pick(rng, [(236, 236, 230), (226, 190, 50), (70, 130, 200), (205, 60, 50)])
    for shade in range(SHADES):
        base.palette[shade, things.BODY] = [v * (20 - shade % 2) // 20 for v in lacquer]
        base.palette[shade, things.SIDE] = [v * (20 - 9 * (shade // 2)) // 20 for v in lacquer]
    y, x = np.mgrid[:TEXELS, :TEXELS]
    return Skin(base.palette, (2 * ((x + y) // 8 % 2) + (y // 4 % 2)).astype(np.uint8))


def flames(rng: np.random.Generator) -> Skin:
    """The skin of a fire."""
    colours: dict[int, Colour] = {
        things.HOT: (235, 84, 18), things.WARM: (252, 160, 32),
        things.CORE: (255, 238, 140), things.ASH: (38, 30, 26),
    }  # fmt: skip
    return skin(rng, colours, {})


def fumes(rng: np.random.Generator) -> Skin:
    """The skin of smoke."""
    colours: dict[int, Colour] = {
        things.HOT: (46, 46, 50), things.WARM: (112, 112, 116), things.CORE: (186, 186, 188),
    }  # fmt: skip
    return skin(rng, colours, {})


def walker(rng: np.random.Generator) -> Look:
    """The body of a person, one in eight a child."""
    child = rng.random() < 0.125
    options: dict[str, Any] = {"height": rng.uniform(1.1, 1.35), "head": 0.09} if child else {}
    bag = "" if child else str(rng.choice(["", "", "hand", "back", "case"]))
    return Look(
        **{
            "height": rng.uniform(1.58, 1.88),
            "girth": rng.uniform(0.88, 1.22),
            "skirt": bool(rng.random() < 0.22),
            "hat": bool(rng.random() < 0.2),
            "umbrella": bool(not child and rng.random() < 0.13),
            "bag": bag,
            **options,
        }
    )

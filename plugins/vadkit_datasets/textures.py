"""`textures`: images from no place, drawn from a seed.

They stand in for the textures (UIUCTex), flowers (Oxford Flowers) and odd ImageNet classes with
which [002] and Georgescu et al., TPAMI 2021, say what no normal object looks like.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from vadkit.api import DataError, RenderedDataset
from vadkit_datasets.cards import TEXTURE_KINDS, TEXTURES, TexturesConfig

VERSION = 1
"""Raised when the same seed draws something else."""
SIDE = 96
"""Height and width of an image in pixels."""
BYTES = 20_000
"""What an image takes on disk, at most."""

Map = NDArray[np.float64]
"""(SIDE, SIDE) from 0 to 1."""


class Textures(RenderedDataset[TexturesConfig]):
    """One folder of images for each kind of texture; there are no test videos."""

    card = TEXTURES

    @classmethod
    def version(cls, config: TexturesConfig) -> str:
        return f"{VERSION}-{config.seed}-{config.count}"

    @classmethod
    def draw(cls, folder: Path, config: TexturesConfig) -> None:
        for number in range(config.count):
            kind = TEXTURE_KINDS[number % len(TEXTURE_KINDS)]
            image = draw_texture(kind, np.random.default_rng((config.seed, number)))
            path = folder / "train" / kind / f"{number // len(TEXTURE_KINDS):04}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            encoded, data = cv2.imencode(".png", image)
            if not encoded:
                raise DataError(f"{path} cannot be encoded.", "Does OpenCV write PNG?")
            path.write_bytes(data.tobytes())  # OpenCV on Windows opens no name but in ASCII

    @classmethod
    def disk_space(cls, config: TexturesConfig) -> int:
        return BYTES * config.count


def draw_texture(kind: str, rng: Generator) -> NDArray[np.uint8]:
    """(SIDE, SIDE, 3) one image of a kind: two to three colours along a drawn map."""
    along = _KINDS[kind](rng)
    colours = rng.uniform(0, 255, (rng.integers(2, 4), 3))
    places = np.linspace(0, 1, len(colours))
    mixed = np.stack([np.interp(along, places, colours[:, c]) for c in range(3)], axis=2)
    noisy = mixed + rng.normal(0, rng.uniform(0, 12), mixed.shape)
    return noisy.clip(0, 255).astype(np.uint8)


def _stripes(rng: Generator) -> Map:
    x, _ = _turned(rng)
    return _wave(x * rng.uniform(2, 12) + rng.uniform(), rng)


def _checks(rng: Generator) -> Map:
    x, y = _turned(rng)
    count = rng.uniform(2, 8)
    return (_wave(x * count, rng) + _wave(y * count, rng)) / 2


def _rosettes(rng: Generator) -> Map:
    """Petals around a middle, as a flower has them."""
    x, y = _turned(rng)
    far, angle = np.hypot(x, y) / rng.uniform(0.35, 0.7), np.arctan2(y, x)
    petals = 0.6 + 0.4 * np.cos(rng.integers(4, 12) * angle)
    inside = 1 / (1 + np.exp(rng.uniform(8, 25) * (far - petals)))
    middle = far < rng.uniform(0.1, 0.3)
    return np.where(middle, rng.uniform(0.3, 0.7), inside)


def _rings(rng: Generator) -> Map:
    x, y = _turned(rng)
    spiral = rng.integers(0, 4) * np.arctan2(y, x) / (2 * np.pi)
    return _wave(np.hypot(x, y) * rng.uniform(3, 10) + spiral, rng)


def _cells(rng: Generator) -> Map:
    """Cells around drawn points, as of stones, skin or cracked earth."""
    points = rng.uniform(-1, 1, (rng.integers(8, 60), 2))
    x, y = _turned(rng)
    away = np.hypot(x[..., None] - points[:, 0], y[..., None] - points[:, 1])
    nearest = np.sort(away, axis=2)[..., :2]
    return ((nearest[..., 1] - nearest[..., 0]) * rng.uniform(2, 6)).clip(0, 1)


def _noise(rng: Generator) -> Map:
    """Smoothed noise of one grain, as of fur, bark or clouds."""
    across, down = rng.uniform(1, 8, 2)
    grains = rng.standard_normal((SIDE, SIDE)).astype(np.float32)
    smooth = cv2.GaussianBlur(grains, (0, 0), sigmaX=across, sigmaY=down).astype(np.float64)
    return ((smooth / smooth.std() + 2) / 4).clip(0, 1)


_KINDS: dict[str, Callable[[Generator], Map]] = {
    "stripes": _stripes,
    "checks": _checks,
    "rosettes": _rosettes,
    "rings": _rings,
    "cells": _cells,
    "noise": _noise,
}


def _turned(rng: Generator) -> tuple[Map, Map]:
    """Coordinates from -1 to 1 around a drawn middle, turned by a drawn angle."""
    across, down = np.meshgrid(*(np.linspace(-1, 1, SIDE) + shift for shift in _shift(rng)))
    angle = rng.uniform(0, np.pi)
    cos, sin = np.cos(angle), np.sin(angle)
    return across * cos + down * sin, down * cos - across * sin


def _shift(rng: Generator) -> tuple[float, float]:
    return rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3)


def _wave(turns: Map, rng: Generator) -> Map:
    """A sine of so many turns, from soft to nearly square."""
    return 0.5 + 0.5 * np.tanh(rng.uniform(1, 6) * np.sin(2 * np.pi * turns))

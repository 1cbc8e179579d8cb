"""Rendering: actors before a background, with shadows, light and sensor noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import pi, sin
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit_plaza.actors import Actor
from vadkit_plaza.ground import HEIGHT, WIDTH, ZOOM, Image
from vadkit_plaza.looks import PARTS, TEXELS, TEXELS_A_METRE
from vadkit_plaza.motion import FPS
from vadkit_plaza.shapes import Camera, Labels, Point, Seen, Sun, draw

SIZE = (HEIGHT * ZOOM, WIDTH * ZOOM)
SOFT = (13, 13)
"""Pixels over which the edges of what is translucent fade."""


@dataclass(frozen=True)
class Picture:
    """One rendered frame."""

    image: Image
    """(H, W, 3) RGB."""
    owners: NDArray[np.uint8]
    """(H, W) number of the actor seen in each pixel, counted from 1; 0 is background."""


class Present(NamedTuple):
    """An actor in a frame."""

    number: int
    actor: Actor
    age: int
    """In frames."""


class Light:
    """Slow changes of the light, the same for all pixels.

    Args:
        rng: Draws periods and phases.
        depth: Largest change as a share.
    """

    def __init__(self, rng: np.random.Generator, depth: float) -> None:
        self._waves = [(depth, rng.uniform(24, 40)), (depth / 4, rng.uniform(4, 7))]
        self._starts = rng.uniform(0, 2 * pi, 2).tolist()

    def gain(self, frame: int) -> int:
        """Brightness in 1/256."""
        waves = zip(self._waves, self._starts, strict=True)
        change = sum(d * sin(2 * pi * frame / FPS / period + s) for (d, period), s in waves)
        return round(256 * (1 + change))


class Sensor:
    """Noise of the sensor: random cuts from a few large noise fields, cheap and repeatable.

    Args:
        rng: Draws fields and cuts.
        sigma: Standard deviation in grey levels.
    """

    MARGIN = 48

    def __init__(self, rng: np.random.Generator, sigma: float) -> None:
        size = (4, HEIGHT + self.MARGIN, WIDTH + self.MARGIN)
        self._fields = np.rint(rng.standard_normal(size) * sigma).astype(np.int16)
        self._rng = rng

    def noise(self) -> NDArray[np.int16]:
        """(H, W) noise of the next frame."""
        n, top, left = self._rng.integers((4, self.MARGIN, self.MARGIN)).tolist()
        return self._fields[n, top : top + HEIGHT, left : left + WIDTH]


class Stage:
    """A scene's view, on which actors are drawn frame by frame.

    Args:
        camera: The view.
        sun: Where shadows fall.
        background: (2H, 2W, 3).
        light: Its changes.
        sensor: Its noise.
    """

    def __init__(
        self, camera: Camera, sun: Sun, background: Image, light: Light, sensor: Sensor
    ) -> None:
        self._camera, self._sun, self._background = camera, sun, background
        self._light, self._sensor = light, sensor
        self._scratch = np.zeros(SIZE, np.uint8)

    def show(
        self, actors: Sequence[Actor], frames: int, flash: Sequence[int] = ()
    ) -> Iterator[Picture]:
        """Render a video.

        Args:
            actors: At most 255.
            frames: How many frames.
            flash: Light added in each frame, in 1/256; nothing where it is shorter.
        """
        for frame in range(frames):
            present = [
                Present(number, actor, frame - actor.start)
                for number, actor in enumerate(actors, start=1)
                if 0 <= frame - actor.start < actor.frames
            ]
            present.sort(key=lambda item: -item.actor.place(item.age)[1])
            extra = flash[frame] if frame < len(flash) else 0
            yield self._picture(present, self._light.gain(frame) + extra)

    def _picture(self, present: list[Present], gain: int) -> Picture:
        large, owners = self._background.copy(), np.zeros(SIZE, np.uint8)
        shade = np.zeros((HEIGHT, WIDTH), np.uint8)
        for item in present:
            self._add(large, owners, shade, item)
        small = cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        visible = np.ascontiguousarray(owners[::ZOOM, ::ZOOM])  # (2H, 2W) -> (H, W)
        dark = cv2.blur((shade > 0) * np.uint8(self._sun.strength), (3, 3)) * (visible == 0)
        gains = np.uint16(gain >> 1) * (np.uint16(256) - dark) >> 8
        noise = self._sensor.noise()
        # Plane by plane, which is quicker than spreading gains and noise over three channels.
        lit = [(plane * gains >> 7).view(np.int16) + noise for plane in cv2.split(small)]
        return Picture(np.clip(cv2.merge(lit), 0, 255).astype(np.uint8), visible)

    def _add(self, large: Image, owners: Labels, shade: Labels, item: Present) -> None:
        number, actor, age = item
        shapes = actor.shapes(age)
        if actor.shadow:
            draw(shade, shapes, self._shadow, 1)
        draw(self._scratch, shapes, self._camera.see, ZOOM)
        left, top, width, height = cv2.boundingRect(self._scratch)
        if not width:
            return
        box = np.s_[top : top + height, left : left + width]
        parts = self._scratch[box]
        _colour(large[box], parts, actor, self._camera.see(_foot(actor, age)), (left, top))
        owners[box][parts > 0] = number
        self._scratch[box] = 0

    def _shadow(self, point: Point) -> Seen:
        return self._camera.see(self._sun.cast(point))


def _foot(actor: Actor, age: int) -> Point:
    x, z = actor.place(age)
    return (x, 0.0, z)


def _colour(
    target: Image, parts: Labels, actor: Actor, foot: Seen, corner: tuple[int, int]
) -> None:
    """Colour an actor's parts; its pattern is fixed to its foot and grows with its size."""
    u, v, scale = foot
    texels = TEXELS_A_METRE / (scale * ZOOM)
    rows = (np.arange(parts.shape[0]) + corner[1] - v * ZOOM) * texels
    columns = (np.arange(parts.shape[1]) + corner[0] - u * ZOOM) * texels
    index = [np.floor(values).astype(np.int64) % TEXELS for values in (rows, columns)]
    shades = actor.skin.pattern[np.ix_(*index)] * np.uint8(PARTS) + parts
    colours = actor.skin.palette.reshape(-1, 3).take(shades, axis=0)
    if actor.opacity == 1:
        cv2.copyTo(colours, parts, target)
    else:
        _blend(target, colours, parts, actor.opacity)


def _blend(target: Image, colours: Image, parts: Labels, opacity: float) -> None:
    """Lay translucent colours with soft edges over the target."""
    solid = (parts > 0).astype(np.uint8) * np.uint8(255)
    cover = np.asarray(cv2.blur(solid, SOFT), np.int32)[..., None]
    colour = np.asarray(cv2.blur(colours, SOFT), np.int32) * 255 // np.maximum(cover, 1)
    weight = (np.maximum(2 * cover - 255, 0) * round(opacity * 256)) >> 8
    target[:] = (target * (255 - weight) + np.minimum(colour, 255) * weight) // 255

"""Cutting: units are cropped from a window of frames and resized.

A cube is the box of the unit's own frame, cut from every frame around it. A whole frame is cut
the same way: its box is the image. Boxes come clipped to the image by `vadkit.data.detection`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.data.detection import Boxes, Seen
from vadkit.data.video.frame import Image
from vadkit.data.windows import Window
from vadkit.registry.cards import Sampling, Unit


@dataclass(frozen=True)
class Cutting:
    """What is cut around each frame."""

    unit: Unit
    offsets: range
    """Frames read, relative to the unit's own (K of them)."""
    size: tuple[int, int]
    """Height and width of what is cut."""
    channels: int
    """1 (grey) or 3 (RGB)."""
    every: int = 1
    """Units are cut from every n-th frame."""

    def frames_of(self, sampling: Sampling) -> slice:
        """Which of the K frames a sampling reads; these hold all of them, in steps that fit."""
        first, last = (self.offsets.index(sampling.offsets[end]) for end in (0, -1))
        return slice(first, last + 1, sampling.stride // self.offsets.step)


@dataclass(frozen=True)
class Cut:
    """One frame's units; none where nothing was found in it."""

    index: int
    """The frame, from 0."""
    time_s: float
    size: tuple[int, int]
    """Height and width of the whole frame in pixels."""
    boxes: Boxes
    """(n, 5)."""
    clips: NDArray[np.uint8]
    """(n, C, K, H, W)."""


def cut(window: Window[Seen], cutting: Cutting) -> Cut:
    """Cut the units of the own frame of a window, which is wide enough and has the cut's colours.

    Beyond the video's ends its first or last frame repeats.
    """
    centre = window.at(0)
    frame, boxes = centre.frame, centre.boxes
    height, width = frame.image.shape[:2]
    if cutting.unit == "frame":
        boxes = np.array([[0, 0, width, height, 1]], np.float32)
    if frame.index % cutting.every:
        boxes = boxes[:0]
    images = [window.at(offset).frame.image for offset in cutting.offsets]
    clips = crop(images, boxes, cutting)
    return Cut(frame.index, frame.time_s, (height, width), boxes, clips)


def crop(images: list[Image], boxes: Boxes, cutting: Cutting) -> NDArray[np.uint8]:
    """Cut each box from K images (H, W, C) and resize it; teachers' maps: `context.cut_to_boxes`.

    Returns:
        (n, C, K, h, w).
    """
    height, width = cutting.size
    clips = np.empty((len(boxes), cutting.channels, len(images), height, width), np.uint8)
    # Averaging keeps whole frames free of aliasing; the field resizes cubes bilinearly (HF2VAD).
    whole = cutting.unit == "frame"
    how = cv2.INTER_AREA if whole else cv2.INTER_LINEAR
    for clip, (left, top, right, bottom) in zip(clips, box_pixels(boxes, images[0]), strict=True):
        parts = [image[top:bottom, left:right] for image in images]
        # One call resizes all, as channels of one image; averaged, many give other grey levels.
        stacks = parts if whole else [cv2.merge(parts)]
        small = np.dstack([cv2.resize(of, (width, height), interpolation=how) for of in stacks])
        clip[:] = small.reshape(height, width, len(images), -1).transpose(3, 2, 0, 1)
    return clips


def box_pixels(boxes: Boxes, image: NDArray[Any]) -> NDArray[np.int64]:
    """(n, 4) whole pixels that hold all of each box, at least one, inside the image."""
    height, width = image.shape[:2]
    low = np.floor(boxes[:, :2]).clip(0, [width - 1, height - 1])
    high = np.ceil(boxes[:, 2:4]).clip(low + 1, [width, height])
    return np.concatenate([low, high], axis=1).astype(np.int64)

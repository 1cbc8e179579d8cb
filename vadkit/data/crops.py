"""Cutting: a window of frames slides over a video, and units are cut from it in flat memory.

A cube is the box of the unit's own frame, cut from every frame around it. A whole frame is cut
the same way: its box is the image.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.data.detection import Boxes, Seen
from vadkit.data.video.frame import to_channels
from vadkit.registry.cards import Unit

Image = NDArray[np.uint8]
"""(H, W, C)."""


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
    """Units are cut from every so-manieth frame."""


@dataclass(frozen=True)
class Cut:
    """One frame's units; none where nothing was found in it."""

    index: int
    """The frame, from 0."""
    time_s: float
    repaired: bool
    size: tuple[int, int]
    """Height and width of the whole frame in pixels."""
    boxes: Boxes
    """(n, 5)."""
    clips: NDArray[np.uint8]
    """(n, C, K, H, W)."""


def cut(stream: Iterator[Seen], cutting: Cutting) -> Iterator[Cut]:
    """Cut the units of every frame; frames beyond the video's ends repeat its first or last."""
    for seen, images in windows(stream, cutting):
        height, width = seen.frame.image.shape[:2]
        boxes = seen.boxes
        if cutting.unit == "frame":
            boxes = np.array([[0, 0, width, height, 1]], np.float32)
        if seen.frame.index % cutting.every:
            boxes = boxes[:0]
        clips = crop(images, boxes, cutting)
        frame = seen.frame
        yield Cut(frame.index, frame.time_s, frame.repaired, (height, width), boxes, clips)


def windows(stream: Iterator[Seen], cutting: Cutting) -> Iterator[tuple[Seen, list[Image]]]:
    """Yield each frame with the K images around it; only frames within reach are held."""
    behind, ahead = max(0, -cutting.offsets[0]), max(0, cutting.offsets[-1])
    held: deque[tuple[Seen, Image]] = deque(maxlen=behind + ahead + 1)
    for seen in stream:
        held.append((seen, to_channels(seen.frame.image, cutting.channels)))
        if seen.frame.index >= ahead:
            yield _window(held, seen.frame.index - ahead, cutting.offsets)
    last = held[-1][0].frame.index if held else -1
    for own in range(max(0, last - ahead + 1), last + 1):
        yield _window(held, own, cutting.offsets)


def crop(images: list[Image], boxes: Boxes, cutting: Cutting) -> NDArray[np.uint8]:
    """Cut each box from K images (H, W, C) and resize it.

    Returns:
        (n, C, K, h, w).
    """
    height, width = cutting.size
    clips = np.empty((len(boxes), cutting.channels, len(images), height, width), np.uint8)
    # Averaging keeps whole frames free of aliasing; the field resizes cubes bilinearly (HF2VAD).
    how = cv2.INTER_AREA if cutting.unit == "frame" else cv2.INTER_LINEAR
    for clip, (left, top, right, bottom) in zip(clips, pixels(boxes, images[0]), strict=True):
        # All frames are channels of one image: one call resizes them all.
        stack = cv2.merge([image[top:bottom, left:right] for image in images])
        small = cv2.resize(stack, (width, height), interpolation=how)
        clip[:] = small.reshape(height, width, len(images), -1).transpose(3, 2, 0, 1)
    return clips


def pixels(boxes: Boxes, image: Image) -> NDArray[np.int64]:
    """(n, 4) whole pixels that hold all of each box, at least one, inside the image."""
    height, width = image.shape[:2]
    low = np.floor(boxes[:, :2]).clip(0, [width - 1, height - 1])
    high = np.ceil(boxes[:, 2:4]).clip(low + 1, [width, height])
    return np.concatenate([low, high], axis=1).astype(np.int64)


def _window(held: deque[tuple[Seen, Image]], own: int, offsets: range) -> tuple[Seen, list[Image]]:
    first, last = held[0][0].frame.index, held[-1][0].frame.index
    inside = [min(max(own + offset, first), last) for offset in offsets]
    return held[own - first][0], [held[index - first][1] for index in inside]

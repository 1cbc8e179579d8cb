"""Frames: what every reader of a video gives, and what all readers share."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.errors import DataError

MAX_PIXELS = 7680 * 4320
"""Largest frame that is decoded: 8K UHD, 33 million pixels."""
ASSUMED_FPS = 25.0
"""Frames a second where neither the user nor the file says."""


@dataclass(frozen=True)
class Frame:
    """One frame of a video."""

    index: int
    """Position from 0."""
    time_s: float
    """Presentation time in seconds; the index over the rate for a folder."""
    image: NDArray[np.uint8]
    """(H, W, C), C 1 (grey) or 3 (RGB)."""
    repaired: bool = False
    """Whether the image stands in for one that could not be decoded."""


@dataclass(frozen=True)
class VideoInfo:
    """What is known of a video before it is decoded."""

    width: int
    """Pixels, after rotation."""
    height: int
    """Pixels, after rotation."""
    channels: int
    """1 (stored as grey) or 3 (RGB)."""
    fps: float
    """Frames a second: as asked for, else as stored, else `ASSUMED_FPS`."""
    frames: int | None
    """Frames as the container counts them; None where it does not."""


@dataclass
class DecodeReport:
    """What happened while a video was decoded; complete when its last frame is out."""

    decoded: int = 0
    """Frames that were decoded."""
    repaired: list[int] = field(default_factory=list)
    """Indices of frames that stand in for lost ones."""
    ignored: list[str] = field(default_factory=list)
    """Names of files in a frame folder that are no frames."""
    warnings: list[str] = field(default_factory=list)
    """Sentences for the user."""

    @property
    def frames(self) -> int:
        """All frames that came out, decoded or repaired."""
        return self.decoded + len(self.repaired)


class VideoReader(ABC):
    """A video whose header was read. Decoding streams: memory is flat in the video's length."""

    name: str
    info: VideoInfo
    report: DecodeReport
    """Of the latest call of `frames`."""

    @abstractmethod
    def frames(self) -> Iterator[Frame]:
        """Decode from the start, every frame once, in order of time.

        Raises:
            DataError: A frame cannot be decoded and the reader is strict.
        """

    def place(self, index: int) -> str:
        """Where a frame comes from, for the user's eyes."""
        return f"frame {index}"


def check_pixels(path: Path, width: int, height: int) -> None:
    """Refuse a frame by its declared size, before anything is allocated for it.

    Raises:
        DataError: It has more than `MAX_PIXELS` pixels.
    """
    if width * height > MAX_PIXELS:
        raise DataError(
            f"{path} declares frames of {width}x{height} pixels, more than the limit of "
            f"{MAX_PIXELS // 1_000_000} million.",
            "Scale the video down first.",
        )


def to_channels(image: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Turn (H, W, 1 or 3) into (H, W, channels); grey is the BT.601 luma of RGB."""
    if image.shape[2] == channels:
        return image
    if channels == 1:
        luma = image @ np.array([0.299, 0.587, 0.114], np.float32)
        return np.round(luma).astype(np.uint8)[..., None]
    return np.repeat(image, channels, axis=2)


def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key that puts `frame2` before `frame10`."""
    parts = re.split(r"([0-9]+)", name)
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts)

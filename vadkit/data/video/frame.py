"""Frames: what every reader of a video gives, and what all readers share."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.errors import DataError

MAX_PIXELS = 7680 * 4320
"""Largest frame that is decoded: 8K UHD, 33 million pixels."""
IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pnm", ".pbm")
"""Endings of images that can be frames."""
ASSUMED_FPS = 25.0
"""Frames a second where neither the user nor the file says."""

Image = NDArray[np.uint8]
"""(H, W, C), C 1 (grey) or 3 (RGB)."""


@dataclass(frozen=True)
class Frame:
    """One frame of a video."""

    index: int
    """Position from 0."""
    time_s: float
    """Presentation time in seconds; of a folder as its names say, else NaN."""
    image: Image
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
    """Frames to come, as the file's index counts them; None where it does not."""


@dataclass
class DecodeReport:
    """What happened while a video was decoded; complete when its last frame is out."""

    decoded: int = 0
    """Frames that were decoded."""
    repaired: list[int] = field(default_factory=list)
    """Indices of frames that stand in for lost ones."""
    warnings: list[str] = field(default_factory=list)
    """Sentences about damage."""
    remarks: list[str] = field(default_factory=list)
    """Sentences about what is odd, but no damage."""

    @property
    def frames(self) -> int:
        """All frames that came out, decoded or repaired."""
        return self.decoded + len(self.repaired)

    def warn(self, text: str) -> None:
        """Add a warning, once."""
        if text not in self.warnings:
            self.warnings.append(text)


class VideoReader(ABC):
    """A video whose header was read. Decoding streams: memory is flat in the video's length.

    Args:
        path: The file or folder.
        fps: Frames a second to take in place of what the file says.
        strict: Refuse a lost frame; what is done otherwise, `frames` says.
    """

    info: VideoInfo
    report: DecodeReport
    """Of the latest call of `frames`."""

    def __init__(self, path: Path, fps: float | None, strict: bool) -> None:
        self.path, self.name, self.fps, self.strict = path, path.name, fps, strict
        self.report = DecodeReport()

    def frames(self) -> Iterator[Frame]:
        """Decode from the start, every frame once, in order of time.

        The frame before stands in for a lost one, so that all others keep their index and the
        labels fit them; for one that is lost before the first, that first one does.

        Raises:
            DataError: A frame is lost and the reader is strict.
        """
        self.report = DecodeReport()
        last: Image | None = None
        lost_s: list[float] = []
        for time_s, image in self._decoded():
            if image is None:
                if self.strict:
                    raise self._damage(self.report.frames + len(lost_s))
                lost_s.append(time_s)
            stand_in = image if last is None else last
            if stand_in is not None:
                yield from (self._frame(lost, stand_in, repaired=True) for lost in lost_s)
                lost_s.clear()
            if image is not None:
                yield self._frame(time_s, image)
                last = image
        if lost := self.report.repaired:
            text = f"{self.places(lost)} cannot be decoded; the frame before stands in"
            self.report.warn(f"{text} (lost frames: {len(lost)})")

    @abstractmethod
    def _decoded(self) -> Iterator[tuple[float, Image | None]]:
        """Presentation time in seconds and image of every frame in order; None where it is lost."""

    def _damage(self, index: int) -> DataError:
        """The error that a frame is lost."""
        return DataError(
            f"{self.path} is damaged near frame {index}.",
            "Repair the file, or read it without strictness.",
        )

    def _frame(self, time_s: float, image: Image, *, repaired: bool = False) -> Frame:
        index = self.report.frames
        if repaired:
            self.report.repaired.append(index)
        else:
            self.report.decoded += 1
        return Frame(index, index / self.fps if self.fps else time_s, image, repaired)

    def place(self, index: int) -> str:
        """Where a frame comes from, for the user's eyes."""
        return f"frame {index}"

    def places(self, frames: Sequence[int]) -> str:
        """Where the first of some frames comes from, and how many more there are."""
        more = f" and {len(frames) - 1} more" if len(frames) > 1 else ""
        return self.place(frames[0]) + more


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
        luma = image @ np.array([0.299, 0.587, 0.114], np.float32)  # (H, W, 3) -> (H, W)
        return np.round(luma).astype(np.uint8)[..., None]
    return np.repeat(image, channels, axis=2)


def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key that puts `frame2` before `frame10`."""
    parts = re.split(r"([0-9]+)", name)
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts)

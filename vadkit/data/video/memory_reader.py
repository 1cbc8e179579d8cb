"""Frames that are in memory already, as a video."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from vadkit.data.video.frame import ASSUMED_FPS, Image, VideoInfo, VideoReader, check_pixels
from vadkit.errors import DataError

GREY, RGB = 1, 3


class MemoryReader(VideoReader):
    """Frames of an array, or of anything that gives one after another; it goes over them once.

    Args:
        images: Each (H, W), (H, W, 1) or (H, W, 3) RGB, uint8, all of one size.
        fps: Frames a second; where not given, frames have no time.
        name: What errors call the video.

    Raises:
        DataError: There is no frame, or the first is no image.
    """

    def __init__(self, images: Iterable[Image], fps: float | None, name: str) -> None:
        super().__init__(Path(name), fps, strict=True)
        rest = iter(images)
        try:
            first = next(rest)
        except StopIteration:
            raise DataError(f"{name} has no frames.", "Give one at least.") from None
        height, width, channels = self._checked(0, first).shape
        self.info = VideoInfo(width, height, channels, fps or ASSUMED_FPS, None)
        self._images = chain([first], rest)

    def _decoded(self) -> Iterator[tuple[float, Image]]:
        info = self.info
        for index, item in enumerate(self._images):
            image = self._checked(index, item)
            if image.shape != (info.height, info.width, info.channels):
                first = (info.height, info.width, info.channels)
                raise self._refused(index, f"has the shape {image.shape}, and the first {first}")
            yield float("nan"), image

    def _checked(self, index: int, item: Image) -> Image:
        """(H, W), (H, W, 1) or (H, W, 3) -> (H, W, 1 or 3), in one piece of memory."""
        image = np.asarray(item)
        if image.dtype != np.uint8:
            raise self._refused(index, f"has the type {image.dtype}")
        image = image[..., None] if image.ndim == 2 else image  # noqa: PLR2004
        if image.ndim != 3 or image.shape[2] not in (GREY, RGB) or 0 in image.shape:  # noqa: PLR2004
            raise self._refused(index, f"has the shape {np.shape(item)}")
        check_pixels(self.path, image.shape[1], image.shape[0])
        return np.ascontiguousarray(image)

    def _refused(self, index: int, what: str) -> DataError:
        return DataError(
            f"{self.name}: frame {index} {what}.",
            "Frames are uint8 from 0 to 255, (H, W) grey or (H, W, 3) RGB, all of one size.",
        )

"""A folder of frames as a video."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from vadkit.data.video.frame import (
    ASSUMED_FPS,
    IMAGES,
    Image,
    VideoInfo,
    VideoReader,
    check_pixels,
    natural_key,
    to_channels,
)
from vadkit.data.video.image import image_size, read_image
from vadkit.errors import DataError


def frame_files(folder: Path) -> list[Path]:
    """The folder's images in natural order; the numbers in their names have no gap.

    Raises:
        DataError: There is no image, a number is missing or given twice.
    """
    images = (path for path in folder.iterdir() if path.suffix.lower() in IMAGES)
    files = [path for path in images if not path.name.startswith(".") and path.is_file()]
    if not files:
        raise DataError(f"{folder} holds no images ({' '.join(IMAGES)}).")
    files.sort(key=lambda path: natural_key(path.name))
    _check_numbers(folder, [path.stem for path in files])
    return files


class FolderReader(VideoReader):
    """A folder of frames."""

    def __init__(self, path: Path, fps: float | None, strict: bool) -> None:
        self.files = frame_files(path)
        super().__init__(path, fps, strict)
        readable = (image for image in map(self._read, self.files) if image is not None)
        first = next(readable, None)
        if first is None:
            raise DataError(f"{path} holds no image that can be decoded.")
        height, width, channels = first.shape
        self.info = VideoInfo(width, height, channels, fps or ASSUMED_FPS, len(self.files))

    def place(self, index: int) -> str:
        """The file of a frame."""
        return self.files[index].name

    def _decoded(self) -> Iterator[tuple[float, Image | None]]:
        for path in self.files:
            image = self._read(path)
            yield float("nan"), None if image is None else self._fitted(image)

    def _damage(self, index: int) -> DataError:
        path = self.files[index]
        return DataError(f"{path} cannot be decoded (truncated?).", "Replace the file.")

    def _read(self, path: Path) -> Image | None:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}.") from error
        check_pixels(path, *(image_size(data) or (0, 0)))
        return read_image(data)

    def _fitted(self, image: Image) -> Image:
        info = self.info
        image = to_channels(image, info.channels)
        if image.shape[:2] != (info.height, info.width):
            self.report.warn("the frame size changes; frames are scaled to the first one's")
            image = cv2.resize(image, (info.width, info.height)).astype(np.uint8)
        return image.reshape(info.height, info.width, info.channels)


def _check_numbers(folder: Path, stems: list[str]) -> None:
    """Look for a gap, where all names are one text and a number."""
    matches = [re.fullmatch(r"(.*?)([0-9]+)(\D*)", stem) for stem in stems]
    texts = {(match[1], match[3]) for match in matches if match}
    if None in matches or len(texts) != 1:
        return
    numbers = [int(match[2]) for match in matches if match]
    for number, following in pairwise(numbers):
        if following == number:
            raise DataError(f"{folder} holds frame {number} twice.", "Keep one file a frame.")
        if following != number + 1:
            lost = following - number - 1
            raise DataError(
                f"{folder} has no frame {number + 1}: {lost} missing before {following}.",
                "Restore the frames, or number the others without a gap.",
            )

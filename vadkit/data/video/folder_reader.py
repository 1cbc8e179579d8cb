"""A folder of frames as a video."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.data.video.frame import (
    ASSUMED_FPS,
    DecodeReport,
    Frame,
    VideoInfo,
    VideoReader,
    check_pixels,
    natural_key,
    to_channels,
)
from vadkit.data.video.image import image_size, read_image
from vadkit.errors import DataError

IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")


def frame_files(folder: Path) -> list[Path]:
    """The folder's images in natural order; the numbers in their names have no gap.

    Raises:
        DataError: There is no image, a number is missing or given twice.
    """
    files = [path for path in folder.iterdir() if _is_frame(path)]
    if not files:
        raise DataError(f"{folder} holds no images ({' '.join(IMAGES)}).")
    files.sort(key=lambda path: natural_key(path.name))
    _check_numbers(folder, [path.stem for path in files])
    return files


class FolderReader(VideoReader):
    """A folder of frames."""

    def __init__(self, path: Path, fps: float | None, strict: bool) -> None:
        self.path, self.name, self.strict = path, path.name, strict
        self.files = frame_files(path)
        self.report = self._new_report()
        readable = (image for image in map(self._read, self.files) if image is not None)
        self._first = next(readable, None)
        if self._first is None:
            raise DataError(f"{path} holds no image that can be decoded.")
        height, width, channels = self._first.shape
        self.info = VideoInfo(width, height, channels, fps or ASSUMED_FPS, len(self.files))

    def frames(self) -> Iterator[Frame]:
        """Decode from the start; see `VideoReader.frames`."""
        report = self.report = self._new_report()
        last = self._first
        for index, path in enumerate(self.files):
            image = self._read(path)
            if image is None:
                report.repaired.append(index)
                report.warnings.append(f"{path.name} cannot be decoded; its neighbour stands in")
            else:
                report.decoded += 1
                last = self._fitted(image, report)
            assert last is not None  # noqa: S101  the constructor saw to it
            yield Frame(index, index / self.info.fps, last, image is None)

    def place(self, index: int) -> str:
        """The file of a frame."""
        return self.files[index].name

    def _new_report(self) -> DecodeReport:
        frames = set(self.files)
        ignored = sorted(path.name for path in self.path.iterdir() if path not in frames)
        return DecodeReport(ignored=ignored)

    def _read(self, path: Path) -> NDArray[np.uint8] | None:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}.") from error
        check_pixels(path, *(image_size(data) or (0, 0)))
        image = read_image(data)
        if image is None and self.strict:
            raise DataError(f"{path} cannot be decoded (truncated?).", "Replace the file.")
        return image

    def _fitted(self, image: NDArray[np.uint8], report: DecodeReport) -> NDArray[np.uint8]:
        info = self.info
        image = to_channels(image, info.channels)
        if image.shape[:2] != (info.height, info.width):
            text = "the frame size changes; frames are scaled to the first one's"
            report.warnings += [] if text in report.warnings else [text]
            image = cv2.resize(image, (info.width, info.height)).astype(np.uint8)
        return image.reshape(info.height, info.width, info.channels)


def _is_frame(path: Path) -> bool:
    return path.suffix.lower() in IMAGES and not path.name.startswith(".") and path.is_file()


def _check_numbers(folder: Path, stems: list[str]) -> None:
    """Look for a gap, where all names are one text and a number."""
    found = [re.fullmatch(r"(.*?)([0-9]+)(\D*)", stem) for stem in stems]
    texts = {(match[1], match[3]) for match in found if match}
    if None in found or len(texts) != 1:
        return
    numbers = [int(match[2]) for match in found if match]
    for one, other in pairwise(numbers):
        if other == one:
            raise DataError(f"{folder} holds frame {one} twice.", "Keep one file a frame.")
        if other != one + 1:
            raise DataError(
                f"{folder} has no frame {one + 1}: {other - one - 1} missing before {other}.",
                "Restore the frames, or number the others without a gap.",
            )

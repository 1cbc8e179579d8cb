"""A folder of frames as a video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from vadkit.data.video.frame import ASSUMED_FPS, Image, VideoInfo, VideoReader, to_channels
from vadkit.data.video.frame_names import FrameNames, read_names
from vadkit.data.video.image import Picture, list_pictures, to_bytes, white_of
from vadkit.errors import DataError

DARK = 16
"""Of 255: as bright as 12 bits get where they are stored in 16."""

_MIXED = {
    1: "the first frame is grey and others have colours; all are read as grey",
    3: "the first frame has colours and others are grey",
}


def frame_files(folder: Path) -> list[Path]:
    """The folder's frames in order, without images of other patterns.

    Raises:
        DataError: There is no image, no pattern is that of most, or a number is missing or given
            twice.
    """
    return read_names(folder).files


class FolderReader(VideoReader):
    """A folder of frames, or one file with a picture or several."""

    def __init__(self, path: Path, fps: float | None, strict: bool, unrelated: bool) -> None:
        super().__init__(path, fps, strict)
        single = FrameNames([path], None, [])
        self._names = read_names(path, unrelated) if path.is_dir() else single
        self._pictures = list_pictures(self._names.files)
        self._white: dict[np.dtype[np.generic], float] = {}
        readable = (image for image in map(self._read, self._pictures) if image is not None)
        first = next(readable, None)
        if first is None:
            raise DataError(f"{path} holds no image that can be decoded.")
        height, width, channels = first.shape
        self.info = VideoInfo(width, height, channels, fps or self._rate(), len(self._pictures))

    def place(self, index: int) -> str:
        """The file of a frame."""
        return self._pictures[index].name

    def _decoded(self) -> Iterator[tuple[float, Image | None]]:
        if others := self._names.others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            first = self._names.files[0].name
            self.report.warn(f"{others[0].name}{more} left out: not named like {first}")
        brightest = 0
        for time_s, picture in zip(self._times, self._pictures, strict=True):
            image = self._read(picture)
            brightest = max(brightest, 0 if image is None else int(image.max()))
            yield time_s, None if image is None else self._fitted(image)
        if brightest <= DARK:
            text = f"no frame is brighter than {brightest} of 255"
            self.report.remarks.append(f"{text}; 12 bits stored in 16 have to be multiplied by 16")

    @property
    def _times(self) -> list[float]:
        """Seconds from the first frame, NaN where the names do not say when each was taken."""
        times = self._names.times or []
        nobody_knows = [float("nan")] * len(self._pictures)
        return times if len(times) == len(self._pictures) > 1 else nobody_knows

    def _rate(self) -> float:
        span = self._times[-1]
        return (len(self._pictures) - 1) / span if span > 0 else ASSUMED_FPS

    def _damage(self, index: int) -> DataError:
        path = self._pictures[index].path
        return DataError(f"{path} cannot be decoded (truncated?).", "Replace the file.")

    def _read(self, picture: Picture) -> Image | None:
        data, pixels = picture.read()
        if pixels is None:
            return None
        # By the first frame of its depth, so that a dark one is not scaled otherwise.
        white = self._white.setdefault(pixels.dtype, white_of(data, pixels))
        return to_bytes(picture.path, pixels, white)

    def _fitted(self, image: Image) -> Image:
        info = self.info
        if image.shape[2] != info.channels and _MIXED[info.channels] not in self.report.remarks:
            self.report.remarks.append(_MIXED[info.channels])
        image = to_channels(image, info.channels)
        if image.shape[:2] != (info.height, info.width):
            self.report.warn("the frame size changes; frames are scaled to the first one's")
            image = cv2.resize(image, (info.width, info.height)).astype(np.uint8)
        return image.reshape(info.height, info.width, info.channels)

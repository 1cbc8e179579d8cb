"""Single images: their size from the header, and their pixels or the reason why not."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.data.video.frame import check_pixels
from vadkit.data.video.tiff import TIFF, page_starts, tiff_size, unread_tiff, view_page
from vadkit.errors import DataError

_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of segments that hold the size."""
_GAP = rb"(?:\s|#[^\n]*\n)+"
_PNM = re.compile(rb"P[1-6]%b(\d+)%b(\d+)(?:%b(\d+))?" % (_GAP, _GAP, _GAP))
"""Width, height and the value of white, which P1 and P4 do not have."""
UPRIGHT = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH
"""At its own depth, turned as its EXIF orientation says, without alpha."""


@dataclass(frozen=True)
class Picture:
    """A file's only picture, or a page of a TIFF."""

    path: Path
    page: int = 0
    """From 1; 0 where the file has one alone."""
    at: int = 0
    """Where the page's directory begins."""

    @property
    def name(self) -> str:
        """For the user's eyes."""
        return f"{self.path.name}, page {self.page}" if self.page else self.path.name

    def read(self, flags: int = UPRIGHT) -> tuple[bytes, NDArray[Any] | None]:
        """The file's bytes, and (H, W, C) RGB as they are stored; None where they are broken.

        Raises:
            DataError: It is missing, too large, or of a kind that is not read.
        """
        try:
            data = view_page(self.path, self.at) if self.page else self.path.read_bytes()
        except OSError as error:
            raise DataError(f"{self.path} cannot be read: {error.strerror}.") from error
        check_pixels(self.path, *(image_size(data) or (0, 0)))
        animated = "an animation" if data[8:16] == b"WEBPVP8X" and data[20] & 2 else ""
        if kind := animated or unread_tiff(data, paged=bool(self.page)):
            raise DataError(f"{self.path} is {kind}.", "Save its pictures as PNG, one a file.")
        return data, read_pixels(data, flags)


def list_pictures(files: Sequence[Path]) -> list[Picture]:
    """A picture for each file, or for each page where the first file has several."""
    if len(page_starts(files[0])) == 1:
        return [Picture(path) for path in files]
    starts = ((file, n, at) for file in files for n, at in enumerate(page_starts(file), 1))
    return [Picture(file, n if at else 0, at) for file, n, at in starts]


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height as the header declares them; None where it does not say."""
    try:
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            width, height = struct.unpack(">II", data[16:24])
        elif data[:2] == b"BM":
            width, height = struct.unpack("<ii", data[18:26])
        elif data[:2] == b"\xff\xd8":
            return _jpeg_size(data)
        elif data[:4] in TIFF:
            return tiff_size(data)
        elif data[8:12] == b"WEBP":
            return _webp_size(data)
        elif match := _PNM.match(data[:200]):
            width, height = int(match[1]), int(match[2])
        else:
            return None
    except (struct.error, KeyError, IndexError):
        return None
    return width, abs(height)


def read_pixels(data: bytes, flags: int = UPRIGHT) -> NDArray[Any] | None:
    """Decode to (H, W, 1, 3 or 4), RGB, as stored; None where it is broken."""
    if not len(data):
        return None
    try:
        # From memory, OpenCV refuses a truncated image; from a file it would paint the rest grey.
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
    if image is None or image.ndim == 2:  # noqa: PLR2004
        return None if image is None else image[..., None]
    return np.ascontiguousarray(image[..., [2, 1, 0, 3][: image.shape[2]]])


def white_of(data: bytes, pixels: NDArray[Any]) -> float:
    """The value of white: 65535 of 16 bits, 1 of floats that go to 1, what PNM says, else 255."""
    match = _PNM.match(data[:200])
    if match and match[3]:
        return float(match[3])
    if pixels.dtype.kind == "f":
        return 1.0 if pixels.max() < 2 else 255.0  # noqa: PLR2004
    return 65535.0 if pixels.dtype == np.uint16 else 255.0


def to_bytes(path: Path, pixels: NDArray[Any], white: float) -> NDArray[np.uint8]:
    """Scale pixels so that white is 255.

    Raises:
        DataError: One is below 0, above white or not a number.
    """
    if pixels.dtype == np.uint8 and white == 255:  # noqa: PLR2004
        return pixels
    low, high = float(pixels.min()), float(pixels.max())
    if not 0 <= low <= high <= white:
        raise DataError(
            f"{path} holds values from {low:g} to {high:g}, and white is {white:g}.",
            "Save all frames alike, with 8 bits; of floats, the first frame says what is white.",
        )
    return np.round(pixels / (white / 255)).astype(np.uint8)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while True:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xFF:  # noqa: PLR2004  padding before a marker
            at += 1
        elif marker in _JPEG_SIZES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + length


def _webp_size(data: bytes) -> tuple[int, int]:
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L":
        (sides,) = struct.unpack("<I", data[21:25])
        return 1 + (sides & 0x3FFF), 1 + (sides >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", data[26:30])
    return width & 0x3FFF, height & 0x3FFF

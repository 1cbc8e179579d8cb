"""Single images: their size from the header, and their pixels or the reason why not."""

from __future__ import annotations

import struct

import cv2
import numpy as np
from numpy.typing import NDArray

_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of segments that hold the size."""
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257
_SHORT = 3


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height as the header declares them; None where it does not say."""
    try:
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            width, height = struct.unpack(">II", data[16:24])
        elif data[:2] == b"BM":
            width, height = struct.unpack("<ii", data[18:26])
        elif data[:2] == b"\xff\xd8":
            return _jpeg_size(data)
        elif data[:4] in (b"II*\0", b"MM\0*"):
            return _tiff_size(data)
        else:
            return None
    except (struct.error, KeyError, IndexError):
        return None
    return width, abs(height)


def read_image(data: bytes) -> NDArray[np.uint8] | None:
    """Decode to (H, W, 1 or 3), RGB, 8 bit (16 bit is scaled); None where it is broken."""
    if not data:
        return None
    try:
        # From memory, OpenCV refuses a truncated image; from a file it would paint the rest grey.
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if image is None or image.dtype not in (np.uint8, np.uint16):
        return None
    if image.dtype == np.uint16:
        image = np.round(image / 257)
    pixels = image.astype(np.uint8)
    if pixels.ndim == 2:  # noqa: PLR2004
        return pixels[..., None]
    return np.ascontiguousarray(pixels[..., 2::-1])


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


def _tiff_size(data: bytes) -> tuple[int, int]:
    order = "<" if data[:2] == b"II" else ">"
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, at)
    tags = {}
    for entry in range(count):
        tag, kind = struct.unpack_from(f"{order}HH", data, at + 2 + 12 * entry)
        value = f"{order}H" if kind == _SHORT else f"{order}I"
        (tags[tag],) = struct.unpack_from(value, data, at + 10 + 12 * entry)
    return tags[_TIFF_WIDTH], tags[_TIFF_HEIGHT]

"""TIFF files: their pages, and the tags that say what a page holds."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

_BIG = (b"II+\0", b"MM\0+")
TIFF = (b"II*\0", b"MM\0*", *_BIG)
"""Beginnings: numbers from the low byte or from the high one, offsets of 4 or (big) 8 bytes."""
_REDUCED, _WIDTH, _HEIGHT, _BITS, _COLOUR = 254, 256, 257, 258, 262
_FROM_WHITE, _COLOURS = 0, range(1, 7)
"""Grey with 0 for white; grey with 0 for black, RGB, palettes, CMYK and YCbCr. Lab is beyond."""
_VALUES = {3: "H", 16: "Q"}
"""Kind of a tag -> how its number is packed, where it is not in four bytes."""


def page_starts(path: Path) -> list[int]:
    """Where the directories of a TIFF's pages begin; of another file, or a broken one, 0."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return [at for at, tags in _directories(data) if not tags.get(_REDUCED, 0) & 1] or [0]
    except (OSError, ValueError):  # an empty file cannot be mapped
        return [0]


def tiff_size(data: Any) -> tuple[int, int]:
    """Width and height of the first page; KeyError where they are missing."""
    tags = next((tags for _, tags in _directories(data)), {})
    return tags[_WIDTH], tags[_HEIGHT]


def unread_tiff(data: Any, *, paged: bool) -> str:
    """What a TIFF is that is not read, several pages included unless `paged`; else ""."""
    tags, *more = [tags for _, tags in islice(_directories(data), 1 if paged else 2)] or [{}]
    if more and not more[0].get(_REDUCED, 0) & 1:
        return "a TIFF of several pages among files of one"
    colour = tags.get(_COLOUR, 1)
    if colour in _COLOURS or (colour == _FROM_WHITE and tags.get(_BITS, 1) <= 8):  # noqa: PLR2004
        return ""
    return f"a TIFF of a colour space that is not read (PhotometricInterpretation {colour})"


def view_page(path: Path, at: int) -> Any:
    """A TIFF's bytes as if it began with the page at `at`, mapped and not read yet."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    offset, where, *_ = _layout(data)
    struct.pack_into(offset, data, where, at)
    return data


def _directories(data: Any) -> Iterator[tuple[int, dict[int, int]]]:
    """Where each page's directory begins, and its tags of one number; none where it is cut off."""
    offset, at, count, size, value = _layout(data)
    seen = {0}
    try:
        (at,) = struct.unpack_from(offset, data, at)
        while data[:4] in TIFF and at not in seen:
            seen.add(at)
            (entries,) = struct.unpack_from(count, data, at)
            first = at + struct.calcsize(count)
            tags = dict(_tag(data, first + size * n, value) for n in range(entries))
            yield at, tags
            (at,) = struct.unpack_from(offset, data, first + size * entries)
    except struct.error:
        yield at, {}


def _layout(data: Any) -> tuple[str, int, str, int, int]:
    """How offsets and counts are packed, where the first is, and where a tag has its value."""
    order, big = _order(data), data[:4] in _BIG
    return (f"{order}Q", 8, f"{order}Q", 20, 12) if big else (f"{order}I", 4, f"{order}H", 12, 8)


def _order(data: Any) -> str:
    return "<" if data[:2] == b"II" else ">"


def _tag(data: Any, at: int, value: int) -> tuple[int, int]:
    order = _order(data)
    tag, kind = struct.unpack_from(f"{order}HH", data, at)
    return tag, struct.unpack_from(order + _VALUES.get(kind, "I"), data, at + value)[0]

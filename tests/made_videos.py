"""Videos and folders of frames that tests make and damage, and how they are read."""

from __future__ import annotations

import hashlib
import struct
import zlib
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from vadkit.data.video.open_video import open_video
from vadkit.errors import DataError

FRAMES, WIDTH, HEIGHT = 60, 96, 64
ROWS, COLUMNS = 2, 4


def picture(index: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A noisy image whose mean grey says which frame it is, so that damage cannot hide."""
    noise = np.random.default_rng(index).integers(-20, 20, (height, width, 3))
    return np.clip(60 + 2 * index + noise, 0, 255).astype(np.uint8)


def pattern(index: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Bright and dark blocks that spell the index in bits."""
    bits = (index >> np.arange(ROWS * COLUMNS)) & 1
    blocks = np.where(bits, 210, 40).astype(np.uint8).reshape(ROWS, COLUMNS)
    block = np.ones((height // ROWS, width // COLUMNS), np.uint8)
    return np.repeat(np.kron(blocks, block)[..., None], 3, axis=2)


def spelled(image: np.ndarray) -> int:
    """The index that a `pattern` spells."""
    high, wide = image.shape[0] // ROWS, image.shape[1] // COLUMNS
    blocks = image.mean(axis=2).reshape(ROWS, high, COLUMNS, wide).mean(axis=(1, 3)) > 125
    return int((blocks.reshape(-1) << np.arange(ROWS * COLUMNS)).sum())


def write_video(path, frames=FRAMES, codec="mpeg4", *, size=(WIDTH, HEIGHT), pix_fmt="yuv420p",
                times=None, rate=10, options=None, rotation=None, title="",
                container_options=None, draw=picture):  # fmt: skip
    with av.open(str(path), "w", options=container_options or {}) as container:
        if title:
            container.metadata["title"] = title
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.bit_rate = 4_000_000
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(draw(index, *size), format="rgb24")
            frame = frame.reformat(format=pix_fmt)
            frame.pts = index if times is None else times[index]
            frame.time_base = Fraction(1, rate) if times is None else Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_frames(folder, count=5, ending=".png", start=1, name="{:03d}"):
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        cv2.imwrite(str(folder / (name.format(start + index) + ending)), picture(index))
    return folder


def packets(path):
    """Position and size in the file of each video packet."""
    with av.open(str(path)) as container:
        return [(p.pos, p.size) for p in container.demux(video=0) if p.size]


def overwrite(path, at, data):
    content = bytearray(path.read_bytes())
    content[at : at + len(data)] = data
    path.write_bytes(content)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def decode(path, **options):
    reader = open_video(path, **options)
    return list(reader.frames()), reader


def refused(path, match):
    with pytest.raises(DataError, match=match) as caught:
        open_video(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def huge_png():
    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 8000, 8000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(8000 * (1 + 8000 * 3)), 9)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")

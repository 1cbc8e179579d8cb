"""Frames: their number in memory, their channels, and numbers in names."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest
from made_videos import HEIGHT, WIDTH, picture, write_frames, write_video

from vadkit.data.video.frame import natural_key, to_channels
from vadkit.data.video.open_video import open_video

pytestmark = pytest.mark.edges


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_memory_is_flat_in_the_length_of_the_video(tmp_path, kind):
    count = 300
    path = tmp_path / "a.mkv"
    path = write_frames(tmp_path / "a", count) if kind == "folder" else write_video(path, count)
    reader = open_video(path)
    tracemalloc.start()
    try:
        decoded = sum(1 for _ in reader.frames())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert decoded == count
    assert peak < 40 * WIDTH * HEIGHT * 3


def test_channels_are_converted_by_luma():
    image = picture(3)
    grey = to_channels(image, 1)
    expected = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    assert np.abs(grey[..., 0].astype(int) - expected).max() <= 1
    assert np.array_equal(to_channels(grey, 3)[..., 2], grey[..., 0])
    assert to_channels(image, 3) is image


def test_numbers_in_names_are_numbers():
    names = ["10.jpg", "2.jpg", "1.jpg", "a10b2", "a2b10", "a10b1", "a", "frame007", "frame7b"]
    ordered = sorted(names, key=natural_key)
    assert ordered[:3] == ["1.jpg", "2.jpg", "10.jpg"]
    assert ordered.index("a2b10") < ordered.index("a10b1") < ordered.index("a10b2")

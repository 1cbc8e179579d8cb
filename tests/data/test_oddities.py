"""What is odd about a sound video is told in one line, and about an ordinary one nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from vadkit.data.detection import Seen
from vadkit.data.oddities import Oddities, other_rate, short_videos, step_of
from vadkit.data.video.frame import Frame

RATE = 10
SIZE = (120, 160)


def watch(images: Sequence[Any], boxes: Sequence[Any] = ()) -> list[str]:
    """What is said of frames at ten a second, with these boxes in each."""
    oddities = Oddities()
    found = np.array(boxes, np.float32).reshape(-1, 5)
    stream = (
        Seen(Frame(n, n / RATE, image), found + np.array([1, 0, 1, 0, 0]) * (n % 3))
        for n, image in enumerate(images)
    )
    assert len(list(oddities.watched(stream))) == len(images)
    return oddities.remarks


def noisy(count: int, still: range = range(0)) -> list[Any]:
    """Frames with noise, but for a frozen stretch, which is its first frame."""
    rng = np.random.default_rng(0)
    images = [rng.integers(100, 110, (*SIZE, 3)).astype(np.uint8) for _ in range(count)]
    return [images[still[0]] if n in still else image for n, image in enumerate(images)]


def test_a_frozen_picture_is_told_with_its_times() -> None:
    assert watch(noisy(120, range(30, 100))) == ["the picture stands still from 3.0 s to 9.9 s"]


def test_a_second_without_change_is_none() -> None:
    assert watch(noisy(120, range(30, 60))) == []
    assert watch(noisy(120)) == []


def test_of_two_the_longer_is_told() -> None:
    images = noisy(400, range(100, 160))
    images[200:300] = [images[200]] * 100
    assert watch(images) == ["the picture stands still from 20.0 s to 29.9 s"]


def test_objects_that_are_all_in_one_place_are_told() -> None:
    (said,) = watch(noisy(60), [[5, 5, 25, 12, 1]])
    assert said.startswith("all 60 objects lie in one place (x 5 to")
    assert watch(noisy(20), [[5, 5, 25, 12, 1]]) == []  # too few to tell
    assert watch(noisy(60), [[5, 5, 25, 12, 1], [100, 80, 110, 110, 1]]) == []


@pytest.mark.parametrize(("lengths", "said"), [([20] * 20, 1), ([20], 0), ([20, 500, 500], 0)])
def test_many_short_training_videos_are_told(lengths: list[int], said: int) -> None:
    videos = {str(n): length for n, length in enumerate(lengths)}
    assert len(short_videos(videos)) == said


def test_another_rate_is_told() -> None:
    assert step_of([np.arange(5) / 2, np.arange(50) / 10]) == pytest.approx(0.1)
    assert step_of([np.full(3, np.nan)]) is None
    assert other_rate(0.5, 0.1) == [
        "2 frames a second, and 10 in training: what moves seems faster than it is"
    ]
    assert "slower" in other_rate(0.04, 0.1)[0]
    assert other_rate(0.1, 0.12) == other_rate(None, 0.1) == other_rate(0.1, None) == []

"""Cutting boxes out of the frames of a window."""

from __future__ import annotations

import numpy as np
import pytest

from vadkit.data.crops import Cutting, crop
from vadkit.registry.cards import Unit


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("unit", ["frame", "object"])
def test_frames_of_a_window_are_cut_as_each_alone(unit: Unit, channels: int) -> None:
    rng = np.random.default_rng(0)
    images = list(rng.integers(0, 256, (7, 30, 40, channels), np.uint8))
    boxes = np.float32([[0, 0, 40, 30, 1]])
    whole = crop(images, boxes, cutting(unit, channels, 7))
    alone = [crop([image], boxes, cutting(unit, channels, 1)) for image in images]
    assert whole.shape == (1, channels, 7, 8, 12)
    assert (whole == np.concatenate(alone, axis=2)).all()


def cutting(unit: Unit, channels: int, frames: int) -> Cutting:
    return Cutting(unit=unit, offsets=range(frames), size=(8, 12), channels=channels, every=1)

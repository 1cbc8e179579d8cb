"""Context of a video that streams by equals what the store looks up, and holds only a window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vadkit.data.crops import Cut
from vadkit.data.teachers.context import cut_maps
from vadkit.data.teachers.streaming import StreamedContext
from vadkit.registry.cards import Need

FRAMES = 12
HERE = Path()


class Counting:
    """A teacher whose answer for frame t is t, as a number or as a map; told how far it was."""

    def __init__(self, *, maps: bool = False) -> None:
        self.maps = maps
        self.reached = 0

    def watch(self, path: Path, rows: Any, channels: int) -> Iterator[tuple[Any, Any]]:
        assert rows is None
        for first in range(0, FRAMES, 5):
            index = np.arange(first, min(first + 5, FRAMES))
            self.reached = int(index[-1])
            ramp = np.linspace(0, 1, 6, dtype=np.float32)
            maps = [frame + ramp.reshape(1, 1, 6).repeat(4, 1) for frame in index]
            numbers = [[frame, 2 * frame] for frame in index]
            yield index, np.array(maps if self.maps else numbers, np.float32)


def one(index: int, *boxes: tuple[int, int, int, int]) -> Cut:
    found = np.array([(*box, 1) for box in boxes], np.float32).reshape(-1, 5)
    clips = np.zeros((len(found), 1, 1, 8, 8), np.uint8)
    return Cut(index, index / 25, False, (40, 60), found, clips)


def streamed(need: Need, teacher: Any) -> StreamedContext:
    return StreamedContext([(need, teacher)], HERE, 1, (3, 3))


@pytest.mark.parametrize("at", [-3, 0, 2, 20])
@pytest.mark.parametrize("frames", [1, 4, 5, 30])
def test_each_unit_gets_the_mean_over_the_frames_asked_for(at: int, frames: int) -> None:
    context = streamed(Need(role="scene", at=at, frames=frames), Counting())
    for index in range(FRAMES):
        boxes = [(0, 0, 9, 9)] * (index % 3)
        answers = context.of(one(index, *boxes))
        if not boxes:
            assert answers == {}
            continue
        around = np.arange(frames) - frames // 2 + at + index
        mean = around.clip(0, FRAMES - 1).mean()
        assert answers["scene"].shape == (len(boxes), 2)
        assert answers["scene"][-1].tolist() == pytest.approx([mean, 2 * mean], rel=1e-5)


def test_maps_are_cut_to_each_box() -> None:
    context = streamed(Need(role="depth"), Counting(maps=True))
    boxes = [(0, 0, 60, 40), (30, 10, 60, 30)]
    answer = context.of(one(0, *boxes))["depth"]
    whole = torch.linspace(0, 1, 6).reshape(1, 1, 1, 6).expand(2, 1, 4, 6)
    shares = torch.tensor([[0, 0, 1, 1], [0.5, 0.25, 1, 0.75]])
    assert torch.allclose(answer, cut_maps(whole, shares, (3, 3)))


def test_the_teacher_is_never_far_ahead() -> None:
    teacher = Counting()
    context = streamed(Need(role="scene", frames=3), teacher)
    for index in range(FRAMES):
        context.of(one(index))
        assert teacher.reached <= index + 1 + 5
        (held,) = [window._held for _, window in context._windows]
        assert len(held) <= 3

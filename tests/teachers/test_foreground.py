from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_teachers.foreground import Foreground
from vadkit_teachers.scene_cards import FOREGROUND, ForegroundConfig


def test_classes_against_loops() -> None:
    """A third of the way from the background to the threshold, a quarter foreground; and so on."""
    clip = np.random.default_rng(0).random((3, 5, 6, 4)).astype(np.float32)
    expected = np.zeros((3, 6, 4))
    for row, column in np.ndindex(6, 4):
        seen = clip[:, :, row, column]
        away = max(abs(seen[c, 2] - np.median(seen[c])) for c in range(3))
        likely = away / (away + 0.2)
        expected[0, row, column] = 1 - likely
        expected[1 + row // 3, row, column] = likely
    teacher = Foreground(ForegroundConfig(bands=2, threshold=0.2, cell=1))
    found = teacher(torch.tensor(clip)[None])[0]
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_a_still_scene_is_background() -> None:
    found = Foreground(ForegroundConfig())(torch.rand(2, 1, 1, 20, 30).repeat(1, 1, 5, 1, 1))
    assert torch.equal(found[:, 0], torch.ones(2, 10, 15))
    assert not found[:, 1:].any()


@pytest.mark.parametrize("channels", [1, 3])
def test_odd_sizes_round_up_and_probabilities_sum_to_1(channels: int) -> None:
    found = Foreground(ForegroundConfig(bands=4))(torch.rand(2, channels, 5, 33, 47))
    assert found.shape == (2, 5, 17, 24)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(2, 17, 24))


def test_it_reads_frames_around_its_own() -> None:
    assert list(FOREGROUND.sampling(ForegroundConfig(frames=3)).offsets) == [-10, 0, 10]


def test_no_class_of_foreground_is_refused() -> None:
    with pytest.raises(ValueError, match="bands"):
        ForegroundConfig(bands=0)

from __future__ import annotations

from math import exp

import numpy as np
import pytest
import torch
from vadkit_teachers.object_cards import UsualPoseConfig
from vadkit_teachers.pixels import heatmaps
from vadkit_teachers.pose import JOINTS, UsualPose, contrast


def test_heatmaps_against_loops() -> None:
    points = [(0.25, 0.6), (1.2, 0.1)]
    expected = np.zeros((2, 4, 5))
    for joint, row, column in np.ndindex(2, 4, 5):
        x, y = points[joint]
        away = ((column + 0.5) / 5 - x) ** 2 + ((row + 0.5) / 4 - y) ** 2
        expected[joint, row, column] = exp(-away / (2 * 0.2**2))
    found = heatmaps(torch.tensor(points), (4, 5), 0.2)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4)


def test_contrast_against_loops() -> None:
    image = np.random.default_rng(0).random((3, 4, 5)).astype(np.float32)
    border = [*image[:, 0].T, *image[:, -1].T, *image[:, :, 0].T, *image[:, :, -1].T]
    away = np.abs(image - np.mean(border, axis=0)[:, None, None]).max(axis=0)
    found = contrast(torch.tensor(image)[None])[0, 0]
    np.testing.assert_allclose(found.numpy(), away / away.max(), rtol=1e-4)


def test_who_lies_lacks_the_head_and_the_feet() -> None:
    upright, lying = torch.zeros(2, 1, 1, 1, 32, 32)
    upright[..., 2:30, 10:22] = 1
    lying[..., 12:20, 2:30] = 1
    teacher = UsualPose(UsualPoseConfig())
    peaks = [teacher(of)[0].flatten(1).amax(dim=1) for of in (upright, lying)]
    head, ankle = JOINTS.index((0.50, 0.07)), JOINTS.index((0.60, 0.94))
    for joint in (head, ankle):
        assert peaks[0][joint] > 0.5
        assert peaks[1][joint] < 0.2


@pytest.mark.parametrize(("channels", "size"), [(1, (33, 47)), (3, (8, 8))])
def test_shapes(channels: int, size: tuple[int, int]) -> None:
    found = UsualPose(UsualPoseConfig(size=12))(torch.rand(2, channels, 1, *size))
    assert found.shape == (2, 17, 12, 12)
    assert 0 <= found.min() < found.max() <= 1


def test_a_plain_object_has_no_pose() -> None:
    assert not UsualPose(UsualPoseConfig())(torch.full((1, 1, 1, 16, 16), 0.5)).any()

from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_pose import CARD
from vadkit_pose.task import Pose

from vadkit.api import NoOptions
from vadkit.task import Batch
from vadkit.testing.rig import Case, Rig
from vadkit.utils.rng import generator


def test_heatmaps_are_resized_to_the_crop_against_loops() -> None:
    """Bilinear, pixels' middles aligned, borders repeated."""
    heat = np.random.default_rng(0).random((1, 2, 3, 4))
    clips = torch.rand(1, 3, 1, 5, 6)
    task = Pose(NoOptions())
    views = task.views(Batch(clips, {"pose": torch.tensor(heat)}), generator(0), training=True)
    expected = np.zeros((2, 5, 6))
    for joint, row, column in np.ndindex(2, 5, 6):
        y = np.clip((row + 0.5) * 3 / 5 - 0.5, 0, 2)
        x = np.clip((column + 0.5) * 4 / 6 - 0.5, 0, 3)
        for r, c in np.ndindex(3, 4):
            share = max(0, 1 - abs(y - r)) * max(0, 1 - abs(x - c))
            expected[joint, row, column] += share * heat[0, joint, r, c]
    np.testing.assert_allclose(views.targets["joints"][0, :, 0].numpy(), expected, rtol=1e-6)
    assert torch.equal(views.inputs["crop"], clips)
    assert views.context == {}


def test_a_map_has_a_channel_for_each_of_the_joints() -> None:
    rig = Rig(CARD, NoOptions(), Case(2, 1, (33, 47)))
    assert rig.outputs(rig.views(training=True))["crop"].shape == (2, 17, 1, 33, 47)


def test_loss_and_score_against_loops() -> None:
    found, wanted = np.random.default_rng(0).normal(size=(2, 3, 4, 1, 5, 7))
    errors = []
    for b in range(3):
        squares = [(found[b][i] - wanted[b][i]) ** 2 for i in np.ndindex(4, 1, 5, 7)]
        errors.append(sum(squares) / len(squares))
    task = Pose(NoOptions())
    outputs, targets = {"crop": torch.tensor(found)}, {"joints": torch.tensor(wanted)}
    assert float(task.loss(outputs, targets)["l2"]) == pytest.approx(np.mean(errors))
    assert task.score(outputs, targets)["error"].tolist() == pytest.approx(errors)


def test_bf16_on_odd_sizes() -> None:
    rig = Rig(CARD, NoOptions(), Case(2, 1, (33, 47)))
    with torch.autocast("cpu", torch.bfloat16):
        assert rig.loss()["l2"].isfinite()
        assert rig.score(rig.batch(training=False))["error"].isfinite().all()

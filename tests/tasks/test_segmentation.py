from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_segmentation import CARD
from vadkit_segmentation.task import Segmentation

from vadkit.api import NoOptions
from vadkit.testing.rig import Case, Rig


def test_the_target_is_the_teachers_map_of_the_crop() -> None:
    rig = Rig(CARD, NoOptions(), Case(2, 3, (16, 24)))
    views = rig.views(training=True)
    answer = rig.batch(training=True).context["segmentation"]
    assert views.inputs["crop"].shape == (2, 3, 1, 16, 24)
    assert torch.equal(views.targets["classes"][:, :, 0], answer)
    assert views.context == {}


def test_a_map_has_a_channel_for_each_of_the_classes() -> None:
    rig = Rig(CARD, NoOptions(), Case(2, 1, (33, 47)))
    assert rig.outputs(rig.views(training=True))["crop"].shape == (2, 6, 1, 33, 47)


def test_loss_and_score_against_loops() -> None:
    found, wanted = np.random.default_rng(0).normal(size=(2, 3, 4, 1, 5, 7))
    errors = []
    for b in range(3):
        squares = [(found[b][i] - wanted[b][i]) ** 2 for i in np.ndindex(4, 1, 5, 7)]
        errors.append(sum(squares) / len(squares))
    task = Segmentation(NoOptions())
    outputs, targets = {"crop": torch.tensor(found)}, {"classes": torch.tensor(wanted)}
    assert float(task.loss(outputs, targets)["l2"]) == pytest.approx(np.mean(errors))
    assert task.score(outputs, targets)["error"].tolist() == pytest.approx(errors)


def test_bf16_on_odd_sizes() -> None:
    rig = Rig(CARD, NoOptions(), Case(2, 1, (33, 47)))
    with torch.autocast("cpu", torch.bfloat16):
        assert rig.loss()["l2"].isfinite()
        assert rig.score(rig.batch(training=False))["error"].isfinite().all()

from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_reconstruction import CARD, Config
from vadkit_reconstruction.task import Reconstruction

from vadkit.task import Batch
from vadkit.testing.rig import Case, Rig
from vadkit.utils.rng import generator


def test_the_clip_is_its_own_target() -> None:
    clips = torch.rand(2, 3, 4, 5, 6)
    views = Reconstruction(Config(frames=4)).views(Batch(clips), generator(0), training=True)
    assert torch.equal(views.inputs["clip"], clips)
    assert torch.equal(views.targets["clip"], clips)


def test_loss_and_score_against_loops() -> None:
    output, target = np.random.default_rng(0).random((2, 3, 1, 4, 5, 6))
    tensors = {"clip": torch.tensor(output)}, {"clip": torch.tensor(target)}
    errors = []
    for own, wanted in zip(output, target, strict=True):
        squares = [(own[i] - wanted[i]) ** 2 for i in np.ndindex(own.shape)]
        errors.append(sum(squares) / len(squares))
    task = Reconstruction(Config(frames=4))
    assert task.score(*tensors)["error"].tolist() == pytest.approx(errors)
    assert float(task.loss(*tensors)["l2"]) == pytest.approx(sum(errors) / 3)


@pytest.mark.parametrize("frames", [1, 4, 9])
def test_the_head_has_all_frames(frames: int) -> None:
    rig = Rig(CARD, Config(frames=frames), Case(2, 3, (33, 47)))
    assert rig.outputs(rig.views(training=True))["clip"].shape == (2, 3, frames, 33, 47)

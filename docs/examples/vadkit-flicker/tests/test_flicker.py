"""The task keeps vadkit's contract, and does what its page says."""

import pytest
import torch
from vadkit_flicker import CARD, Config
from vadkit_flicker.task import Flicker

from vadkit.api import Batch
from vadkit.testing import task_checks


@pytest.mark.parametrize("check", task_checks(CARD), ids=str)
def test_contract(check):
    check()


def _views(training):
    clips = torch.full((64, 3, 5, 8, 8), 0.5)
    rng = torch.Generator().manual_seed(0)
    return Flicker(Config()).views(Batch(clips), rng, training)


def test_only_chosen_clips_flicker():
    views = _views(training=True)
    change = views.inputs["clip"].std(dim=2).flatten(1).amax(dim=1)
    assert torch.equal(change > 0, views.targets["chosen"].bool())
    assert 16 < views.targets["chosen"].sum() < 48


def test_frames_stay_within_the_strength():
    assert (_views(training=True).inputs["clip"] - 0.5).abs().max() <= 0.15


def test_nothing_flickers_when_scoring():
    assert (_views(training=False).inputs["clip"] == 0.5).all()


def test_score_is_a_probability():
    logits = torch.tensor([[0.0, 0.0], [-9.0, 9.0]])
    score = Flicker(Config()).score({"clip": logits}, {})["flickering"]
    assert score == pytest.approx([0.5, 1.0], abs=1e-6)

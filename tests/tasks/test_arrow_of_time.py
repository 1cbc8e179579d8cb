from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_arrow_of_time import CARD, Config
from vadkit_arrow_of_time.task import ArrowOfTime

from vadkit.task import Batch, Views
from vadkit.testing import check_task
from vadkit.utils.rng import generator


def views(size: int, training: bool) -> Views:
    """Views of clips of odd size whose frame t is t everywhere."""
    config = Config()
    ramp = torch.arange(CARD.reads(config)[0].frames).float()
    clips = ramp[None, None, :, None, None].expand(size, 3, 7, 5, 9)
    return ArrowOfTime(config).views(Batch(clips), generator(0), training)


def test_drawn_clips_alone_run_backwards() -> None:
    made = views(200, training=True)
    seen, backward = made.inputs["clip"], made.targets["backward"]
    assert seen.shape == (200, 3, 7, 5, 9)
    on = torch.arange(7).float()
    for clip, label in zip(seen, backward.tolist(), strict=True):
        expected = on.flip(0) if label else on
        assert (clip == expected[None, :, None, None]).all()
    assert 60 < int(backward.sum()) < 140


def test_nothing_runs_backwards_when_scoring() -> None:
    made = views(20, training=False)
    assert list(made.inputs) == ["clip"]
    assert (made.inputs["clip"][:, 0, :, 0, 0] == torch.arange(7)).all()


def test_loss_and_score_against_the_formula() -> None:
    logits = np.random.default_rng(0).normal(size=(5, 2))
    labels = [0, 1, 1, 0, 1]
    chance = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    outputs, task = {"clip": torch.tensor(logits)}, ArrowOfTime(Config())
    loss = task.loss(outputs, {"backward": torch.tensor(labels)})["entropy"]
    terms = [-np.log(chance[b, label]) for b, label in enumerate(labels)]
    assert float(loss) == pytest.approx(sum(terms) / 5)
    assert task.score(outputs, {})["backward"].tolist() == pytest.approx(chance[:, 1].tolist())


def test_another_length_conforms() -> None:
    """Among the kit's cases are odd sizes, grey video and bfloat16."""
    assert check_task(CARD, Config(frames=2)) == {}


def test_one_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="frames"):
        Config(frames=1)

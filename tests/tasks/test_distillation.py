from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_distillation import CARD, Config
from vadkit_distillation.task import Distillation

from vadkit.testing import check_task
from vadkit.testing.rig import Case, Rig
from vadkit.utils.rng import generator


def test_features_are_a_target_in_training_alone() -> None:
    rig = Rig(CARD, Config(), Case(2, 3, (16, 16)))
    batch = rig.batch(training=True)
    training, scoring = (
        rig.task.views(rig.batch(training=when), generator(0), when) for when in (True, False)
    )
    assert torch.equal(training.targets["features"], batch.context["imagenet"])
    assert torch.equal(training.targets["probabilities"], batch.context["detector"])
    assert set(scoring.targets) == {"probabilities"}
    assert training.inputs["crop"].shape == (2, 3, 1, 16, 16)
    assert training.context == {}


def test_scoring_asks_the_detector_alone() -> None:
    assert {need.role for need in CARD.needs(Config())} == {"imagenet", "detector"}
    assert [need.role for need in CARD.needs_to_score(Config())] == ["detector"]


def test_one_layer_has_all_outputs() -> None:
    rig = Rig(CARD, Config(), Case(2, 1, (33, 47)))
    assert rig.outputs(rig.views(training=True))["crop"].shape == (2, 64 + 80)


def test_loss_and_score_against_loops() -> None:
    rng = np.random.default_rng(0)
    output, features, probabilities = (rng.normal(size=(3, n)) for n in (7, 4, 3))
    wrong, errors = [], []
    for b in range(3):
        wrong += [abs(output[b][d] - features[b][d]) for d in range(4)]
        away = [abs(output[b][4 + k] - probabilities[b][k]) for k in range(3)]
        errors.append(sum(away) / 3)
    task = Distillation(Config(features=0.5, probabilities=2))
    outputs = {"crop": torch.tensor(output)}
    known = {"probabilities": torch.tensor(probabilities)}
    loss = task.loss(outputs, {**known, "features": torch.tensor(features)})
    assert float(loss["features"]) == pytest.approx(0.5 * sum(wrong) / 12)
    assert float(loss["probabilities"]) == pytest.approx(2 * sum(errors) / 3)
    assert task.score(outputs, known)["error"].tolist() == pytest.approx(errors)


def test_bf16_on_odd_sizes() -> None:
    rig = Rig(CARD, Config(), Case(2, 1, (33, 47)))
    with torch.autocast("cpu", torch.bfloat16):
        assert all(term.isfinite() for term in rig.loss().values())
        assert rig.score(rig.batch(training=False))["error"].isfinite().all()


def test_other_weights_conform() -> None:
    assert check_task(CARD, Config(features=0.1, probabilities=3.0)) == {}


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Config(features=-1)


def test_features_alone_are_learned_and_scored() -> None:
    config = Config(probabilities=0, score="features")
    assert [need.role for need in CARD.needs(config)] == ["imagenet"]
    assert [need.role for need in CARD.needs_to_score(config)] == ["imagenet"]
    task = Distillation(config)
    outputs, known = torch.tensor([[1.0, 2.0], [3.0, 5.0]]), torch.tensor([[1.0, 4.0], [0.0, 0.0]])
    assert task.score({"crop": outputs}, {"features": known})["error"].tolist() == [1, 4]
    assert task.loss({"crop": outputs}, {"features": known}) == {"features": torch.tensor(2.5)}
    with pytest.raises(ValueError, match="probabilities must not be 0"):
        Config(probabilities=0)

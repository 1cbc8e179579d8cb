from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_virtual import CARD, Config
from vadkit_virtual.task import Virtual

from vadkit.task import Batch
from vadkit.utils.rng import generator


def entropy_reference(logits: np.ndarray, labels: list[int]) -> float:
    """Mean over the classes present of each one's mean -log p."""
    terms: dict[int, list[float]] = {}
    for row, label in zip(logits, labels, strict=True):
        chance = np.exp(row[label]) / (np.exp(row[0]) + np.exp(row[1]))
        terms.setdefault(label, []).append(-np.log(chance))
    means = [sum(own) / len(own) for own in terms.values()]
    return float(sum(means) / len(means))


@pytest.mark.parametrize("labels", [[0, 1, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]])
def test_each_class_weighs_the_same(labels: list[int]) -> None:
    logits = np.random.default_rng(0).normal(size=(4, 2))
    task = Virtual(Config())
    loss = task.loss({"clip": torch.tensor(logits)}, {"abnormal": torch.tensor(labels)})
    assert float(loss["entropy"]) == pytest.approx(entropy_reference(logits, labels))


def test_score_is_the_chance_of_the_second_class() -> None:
    logits = torch.tensor([[0.0, 2.0], [3.0, 0.0]])
    score = Virtual(Config()).score({"clip": logits}, {})["abnormal"]
    assert score.tolist() == pytest.approx([1 / (1 + np.exp(-2)), 1 / (1 + np.exp(3))])


def test_whole_labelled_frames_of_the_virtual_world_are_read() -> None:
    training, scoring = CARD.reads(Config(frames=3))[0], CARD.reads_to_score(Config(frames=3))
    assert (training.role, training.unit, training.frames, training.labels) == (
        ("virtual", "frame", 3, True)
    )
    assert (scoring.role, scoring.unit, scoring.labels) == ("target", "frame", False)


def test_labels_are_the_only_target() -> None:
    batch = Batch(torch.rand(2, 1, 5, 8, 8), labels=torch.tensor([0, 1]))
    views = Virtual(Config()).views(batch, generator(0), training=True)
    assert views.targets["abnormal"].tolist() == [0, 1]
    assert torch.equal(views.inputs["clip"], batch.clips)


def test_no_stride_is_refused() -> None:
    with pytest.raises(ValueError, match="stride"):
        Config(stride=0)

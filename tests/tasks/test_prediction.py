from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_prediction import CARD, Config
from vadkit_prediction.task import Prediction

from vadkit.task import Batch
from vadkit.utils.rng import generator


def batch(frames: int = 5) -> Batch:
    """Clips whose frame t is filled with t + 10·b."""
    clip = torch.arange(frames).float()[None] + 10 * torch.arange(2).float()[:, None]
    return Batch(clip[:, None, :, None, None].expand(2, 3, frames, 4, 6))


def gradient_reference(output: np.ndarray, target: np.ndarray) -> float:
    """| |∇x̂| - |∇x| |, its mean over each axis, summed, in plain loops."""
    total = 0.0
    for axis in (2, 3):
        terms = []
        for index in np.ndindex(output.shape):
            after = list(index)
            after[axis] += 1
            if after[axis] < output.shape[axis]:
                steps = [abs(image[tuple(after)] - image[index]) for image in (output, target)]
                terms.append(abs(steps[0] - steps[1]))
        total += sum(terms) / len(terms)
    return total


def test_views_lead_to_the_middle_from_both_sides() -> None:
    views = Prediction(Config(reach=2)).views(batch(), generator(0), training=True)
    assert views.inputs["forward"][0, 0, :, 0, 0].tolist() == [0, 1]
    assert views.inputs["backward"][1, 0, :, 0, 0].tolist() == [14, 13]
    assert views.targets["middle"][:, 0, :, 0, 0].tolist() == [[2], [12]]


@pytest.mark.parametrize("both", [True, False])
def test_scoring_looks_backward_only_if_asked(both: bool) -> None:
    task = Prediction(Config(reach=2, score_both=both))
    assert ("backward" in task.views(batch(), generator(0), training=False).inputs) == both


def test_loss_and_score_are_those_of_the_mean_of_both() -> None:
    rng = np.random.default_rng(0)
    forward, backward, middle = rng.random((3, 2, 3, 4, 6))
    outputs = {
        "forward": torch.tensor(forward)[:, :, None],
        "backward": torch.tensor(backward)[:, :, None],
    }
    targets = {"middle": torch.tensor(middle)[:, :, None]}
    task, mean = Prediction(Config(gradient=0.5)), (forward + backward) / 2
    loss, score = task.loss(outputs, targets), task.score(outputs, targets)
    assert float(loss["l2"]) == pytest.approx(np.mean((mean - middle) ** 2))
    assert float(loss["gradient"]) == pytest.approx(0.5 * gradient_reference(mean, middle))
    errors = [np.mean((mean[b] - middle[b]) ** 2) for b in range(2)]
    assert score["error"].tolist() == pytest.approx(errors)


def test_the_clip_reaches_as_far_on_both_sides() -> None:
    assert list(CARD.reads(Config(reach=3))[0].offsets) == [-3, -2, -1, 0, 1, 2, 3]


def test_no_reach_is_refused() -> None:
    with pytest.raises(ValueError, match="reach"):
        Config(reach=0)

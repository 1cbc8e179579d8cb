from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_restoration import CARD, Config
from vadkit_restoration.task import Restoration

from vadkit.task import Batch
from vadkit.testing import check_task
from vadkit.utils.rng import generator

PENALTY = {"l1": np.abs, "l2": np.square}


@pytest.mark.parametrize("training", [True, False])
def test_the_first_and_the_last_frame_are_given(training: bool) -> None:
    clips = torch.rand(2, 3, 5, 7, 9)
    made = Restoration(Config(frames=5)).views(Batch(clips), generator(0), training)
    (keys,) = made.inputs.values()
    assert keys.shape == (2, 3, 2, 7, 9)
    assert torch.equal(keys[:, :, 0], clips[:, :, 0])
    assert torch.equal(keys[:, :, 1], clips[:, :, 4])
    assert torch.equal(made.targets["event"], clips)


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("frames", [3, 6])
def test_loss_and_score_against_loops(norm: str, frames: int) -> None:
    rng = np.random.default_rng(0)
    event = rng.random((4, 3, frames, 13, 9))
    restored = rng.random((4, 3, frames - 2, 13, 9))
    pixels = [PENALTY[norm](restored[:, :, t - 1] - event[:, :, t]) for t in range(1, frames - 1)]
    whole = [event[:, :, 0], *(restored[:, :, t] for t in range(frames - 2)), event[:, :, -1]]
    steps = [
        PENALTY[norm]((whole[t + 1] - whole[t]) - (event[:, :, t + 1] - event[:, :, t]))
        for t in range(frames - 1)
    ]
    task = Restoration(Config(frames=frames, difference=0.3, norm=norm))  # type: ignore[arg-type]
    outputs, targets = {"keys": torch.tensor(restored)}, {"event": torch.tensor(event)}
    loss = {name: float(term) for name, term in task.loss(outputs, targets).items()}
    assert loss == pytest.approx({norm: np.mean(pixels), "difference": 0.3 * np.mean(steps)})
    scores = task.score(outputs, targets)
    errors = np.mean(pixels, axis=(0, 2, 3, 4))  # (B,)
    assert scores["error"].tolist() == pytest.approx(errors.tolist())
    missing = event[:, :, 1:-1]
    shares = [
        ((made - true) ** 2).mean() / (true.var(axis=(2, 3)).mean() + 1e-3)
        for made, true in zip(restored, missing, strict=True)
    ]
    assert scores["unexplained"].tolist() == pytest.approx(shares)


def test_what_is_restored_well_scores_nothing() -> None:
    event = torch.rand(2, 3, 5, 8, 8)
    task = Restoration(Config(frames=5))
    outputs, targets = {"keys": event[:, :, 1:-1]}, {"event": event}
    assert task.score(outputs, targets)["error"].tolist() == [0, 0]
    assert [float(term) for term in task.loss(outputs, targets).values()] == [0, 0]


@pytest.mark.parametrize("config", [Config(frames=3), Config(norm="l1", difference=0)], ids=str)
def test_every_way_conforms(config: Config) -> None:
    """Among the kit's cases are odd sizes, grey video and bfloat16."""
    assert check_task(CARD, config) == {}


@pytest.mark.parametrize("options", [{"frames": 2}, {"difference": -1}], ids=str)
def test_what_cannot_work_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"frames|difference"):
        Config(**options)  # type: ignore[arg-type]

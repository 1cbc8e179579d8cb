from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_frame_difference import CARD, Config
from vadkit_frame_difference.task import Difference

from vadkit.task import Batch
from vadkit.testing import check_task
from vadkit.utils.rng import generator


@pytest.mark.parametrize("training", [True, False])
def test_the_change_into_the_own_frame_is_foreseen_without_it(training: bool) -> None:
    squares = torch.arange(5).float().square()
    clip = squares[:, None, None].expand(2, 3, 5, 4, 6)
    views = Difference(Config(reach=2)).views(Batch(clip), generator(0), training)
    assert views.inputs["past"][0, 0, :, 0, 0].tolist() == [0, 1]
    assert views.targets["change"].shape == (2, 3, 1, 4, 6)
    assert (views.targets["change"] == 4 - 1).all()
    assert views.context == {}


def test_loss_and_score_against_loops() -> None:
    foreseen, change = np.random.default_rng(0).normal(size=(2, 3, 2, 1, 5, 7))
    errors = [((foreseen[b] - change[b]) ** 2).mean() for b in range(3)]
    task = Difference(Config())
    outputs, targets = {"past": torch.tensor(foreseen)}, {"change": torch.tensor(change)}
    assert float(task.loss(outputs, targets)["l2"]) == pytest.approx(np.mean(errors))
    assert task.score(outputs, targets)["error"].tolist() == pytest.approx(errors)


@pytest.mark.parametrize("norm", ["l1", "l2", "nll"])
def test_every_norm_conforms(norm: str) -> None:
    """Among the kit's cases are odd sizes, grey video and bfloat16."""
    assert check_task(CARD, Config(norm=norm, reach=1)) == {}  # type: ignore[arg-type]


def test_what_cannot_work_is_refused() -> None:
    with pytest.raises(ValueError, match="reach"):
        Config(reach=0)

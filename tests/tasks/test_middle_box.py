from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_middle_box import CARD, Config
from vadkit_middle_box.task import MiddleBox

from vadkit.task import Batch, Views
from vadkit.testing import check_task
from vadkit.utils.rng import generator


def numbered(frames: int) -> torch.Tensor:
    """Clips of odd size whose frame t is t everywhere, counted from 1."""
    ramp = torch.arange(1, frames + 1).float()
    return ramp[None, None, :, None, None].expand(2, 3, frames, 7, 9)


def views(training: bool = True, **options: object) -> Views:
    config = Config(**options)  # type: ignore[arg-type]
    clips = numbered(CARD.reads(config)[0].frames)
    return MiddleBox(config).views(Batch(clips), generator(0), training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("options", "seen", "middle"),
    [
        ({}, [1, 2, 3, 5, 6, 7], 4),
        ({"middle": "zero"}, [1, 2, 3, 0, 5, 6, 7], 4),
        ({"reach": 1}, [1, 3], 2),
        ({"reach": 1, "middle": "zero"}, [1, 0, 3], 2),
    ],
    ids=str,
)
def test_the_middle_crop_is_taken_out(
    training: bool, options: dict[str, object], seen: list[int], middle: int
) -> None:
    made = views(training, **options)
    (clip,) = made.inputs.values()
    assert clip.shape == (2, 3, len(seen), 7, 9)
    expected = torch.tensor(seen).float()[None, None, :, None, None]
    assert (clip == expected).all()
    assert made.targets["middle"].shape == (2, 3, 1, 7, 9)
    assert (made.targets["middle"] == middle).all()


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_loss_and_score_against_the_formula(norm: str) -> None:
    rng = np.random.default_rng(0)
    predicted, middle = rng.random((2, 4, 3, 1, 33, 47))
    away = predicted - middle
    errors = [np.abs(one).mean() if norm == "l1" else (one**2).mean() for one in away]
    outputs, targets = {"clip": torch.tensor(predicted)}, {"middle": torch.tensor(middle)}
    task = MiddleBox(Config(norm=norm))  # type: ignore[arg-type]
    loss = {name: float(term) for name, term in task.loss(outputs, targets).items()}
    assert loss == pytest.approx({norm: np.mean(errors)})
    scores = task.score(outputs, targets)
    assert scores["error"].tolist() == pytest.approx(errors)
    shares = [
        (one**2).mean() / (crop.var(axis=(2, 3)).mean() + 1e-3)
        for one, crop in zip(away, middle, strict=True)
    ]
    assert scores["unexplained"].tolist() == pytest.approx(shares)


@pytest.mark.parametrize("config", [Config(middle="zero"), Config(reach=1, norm="l2")], ids=str)
def test_every_way_conforms(config: Config) -> None:
    """Among the kit's cases are odd sizes, grey video and bfloat16."""
    assert check_task(CARD, config) == {}


def test_a_clip_without_neighbours_is_refused() -> None:
    with pytest.raises(ValueError, match="reach"):
        Config(reach=0)

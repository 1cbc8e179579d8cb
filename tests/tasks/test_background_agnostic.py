from __future__ import annotations

import math

import pytest
import torch
from vadkit_background_agnostic import CARD, Config
from vadkit_background_agnostic.task import BackgroundAgnostic

from vadkit.api import Batch, Views
from vadkit.testing.rig import Case, Rig
from vadkit.utils.rng import generator

GREY = 0.5


def views(units: int = 64, **options: object) -> Views:
    """Cubes of even grey, and foreign images of white."""
    task = BackgroundAgnostic(Config(match=False, **options))  # type: ignore[arg-type]
    foreign = Batch(torch.ones(units, 3, 1, 24, 20))
    cubes = torch.full((units, 3, 5, 16, 16), GREY)
    return task.views(Batch(cubes, beside={"foreign": foreign}), generator(0), training=True)


def test_about_half_are_foreign_and_say_so() -> None:
    made = views()
    changed = (made.inputs["cube"] != GREY).flatten(1).any(dim=1)
    assert torch.equal(changed.long(), made.targets["abnormal"])
    assert 20 <= changed.sum() <= 44


@pytest.mark.parametrize(("cut", "low", "high"), [(0.0, 1.0, 1.0), (1.0, 0.05, 0.7)])
def test_foreign_is_the_whole_cube_or_a_patch(cut: float, low: float, high: float) -> None:
    made = views(cut=cut)
    cubes = made.inputs["cube"][made.targets["abnormal"].bool()]
    shares = (cubes == 1).float().mean(dim=(1, 2, 3, 4))
    assert low <= shares.min() <= shares.max() <= high
    assert torch.equal(cubes[:, :, 0], cubes[:, :, -1])  # a patch stays where it is


def test_what_is_foreign_gets_the_cubes_mean_and_contrast() -> None:
    rng = generator(1)
    cubes = 0.4 + 0.05 * torch.randn(32, 1, 5, 16, 16, generator=rng)
    foreign = Batch(torch.rand(32, 1, 1, 16, 16, generator=rng))
    task = BackgroundAgnostic(Config(cut=0.0))
    made = task.views(Batch(cubes, beside={"foreign": foreign}), generator(0), training=True)
    changed = made.inputs["cube"][made.targets["abnormal"].bool()].flatten(1)
    assert torch.allclose(changed.mean(dim=1), torch.tensor(0.4), atol=0.02)
    assert torch.allclose(changed.std(dim=1), torch.tensor(0.05), atol=0.01)


def test_scoring_shows_the_cube_as_it_is_and_needs_nothing_foreign() -> None:
    rig = Rig(CARD, Config(), Case(2, 3, (16, 16)))
    batch = rig.batch(training=False)
    assert batch.beside == {}
    made = rig.task.views(batch, generator(0), training=False)
    assert torch.equal(made.inputs["cube"], batch.clips)


def test_loss_and_score_against_loops() -> None:
    logits = torch.tensor([[1.0, -0.5], [0.2, 2.0], [-1.0, -3.0]])
    labels = torch.tensor([0, 1, 1])
    task = BackgroundAgnostic(Config())
    terms = []
    for (normal, abnormal), label in zip(logits.tolist(), labels.tolist(), strict=True):
        p = math.exp(abnormal) / (math.exp(normal) + math.exp(abnormal))
        terms.append(-math.log(p if label else 1 - p))
    loss = task.loss({"cube": logits}, {"abnormal": labels})["entropy"]
    assert float(loss) == pytest.approx(sum(terms) / 3)
    expected = [1 / (1 + math.exp(a - b)) for a, b in logits.tolist()]
    assert task.score({"cube": logits}, {})["abnormal"].tolist() == pytest.approx(expected)


def test_bf16_on_odd_sizes() -> None:
    rig = Rig(CARD, Config(), Case(4, 1, (33, 47)))
    with torch.autocast("cpu", torch.bfloat16):
        assert rig.loss()["entropy"].isfinite()
        assert rig.score(rig.batch(training=False))["abnormal"].isfinite().all()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="cut a share"):
        Config(cut=1.5)

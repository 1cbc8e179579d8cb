from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
import torch
from torch import Tensor
from vadkit_inpainting import CARD, Config
from vadkit_inpainting.task import Inpainting, squares

from vadkit.task import Batch, Views
from vadkit.testing import check_task
from vadkit.utils.rng import generator

SIZES = [(64, 64), (33, 47), (5, 8)]
NORMAL = NormalDist(32, 20)
"""The paper's centres, in crops of 64 pixels."""


def square_reference(centre: tuple[float, float], side: float, size: tuple[int, int]) -> np.ndarray:
    """A pixel is in the square if its middle is, all lengths in shares of the crop's sides."""
    out = np.zeros(size, dtype=bool)
    for y in range(size[0]):
        for x in range(size[1]):
            away = abs((y + 0.5) / size[0] - centre[0]), abs((x + 0.5) / size[1] - centre[1])
            out[y, x] = max(away) <= side / 2
    return out


@pytest.mark.parametrize("size", SIZES)
def test_squares_against_loops(size: tuple[int, int]) -> None:
    centres, sides = [(0.51, 0.3), (0.0, 1.0), (0.77, 0.62)], [0.2, 0.5, 0.93]
    made = squares(torch.tensor(centres), torch.tensor(sides), torch.Size(size)).numpy()
    for one, centre, side in zip(made, centres, sides, strict=True):
        assert np.array_equal(one, square_reference(centre, side, size))


def hidden(size: int, **options: float) -> Tensor:
    """(size, 64, 64): what training masks hide of white crops."""
    task = Inpainting(Config(**options))  # type: ignore[arg-type]
    batch = Batch(torch.ones(size, 1, 1, 64, 64))
    return task.views(batch, generator(5), training=True).inputs["crop"][:, 0, 0] == 0


def test_sides_are_uniform_from_4_to_32_pixels() -> None:
    sides = hidden(800, spread=1e-6).any(dim=2).sum(dim=1).double()  # (800,) all in the middle
    assert sides.min() in (4, 5, 6)
    assert sides.max() in (30, 31, 32)
    assert float(sides.mean()) == pytest.approx(18, abs=1)
    assert float(sides.std()) == pytest.approx(28 / 12**0.5, abs=0.6)


def test_centres_are_normal_with_20_pixels_and_stay_inside() -> None:
    masks = hidden(800, smallest=4 / 64, largest=4 / 64)
    assert masks.flatten(1).any(dim=1).all()
    grid = torch.arange(64) + 0.5
    whole = masks.flatten(1).sum(dim=1) == 16
    for axis in (1, 2):
        lines = masks.any(dim=axis).double()
        at = (lines * grid).sum(dim=1) / lines.sum(dim=1)
        assert float(at.median()) == pytest.approx(32, abs=2.5)
        for quantile in (0.25, 0.75):
            found = float(at.quantile(quantile))
            assert found == pytest.approx(NORMAL.inv_cdf(quantile), abs=2.5)
    share = (NORMAL.cdf(62) - NORMAL.cdf(2)) ** 2  # 4 pixels around a centre from 2 to 62
    assert float(whole.double().mean()) == pytest.approx(share, abs=0.06)


def test_only_masked_pixels_change_and_the_target_is_the_crop() -> None:
    clips = torch.rand(6, 3, 1, 33, 47)
    views = Inpainting(Config(fill=0.5)).views(Batch(clips), generator(0), training=True)
    seen, crop = views.inputs["crop"], views.targets["crop"]
    assert torch.equal(crop, clips)
    changed = seen != crop
    assert (seen[changed] == 0.5).all()
    assert torch.equal(changed.any(dim=1), changed.all(dim=1))  # all channels alike
    assert 0 < float(changed.float().mean()) < 0.5


def drawn(views: Views) -> dict[str, Tensor]:
    """A network that makes everything half as far from 1."""
    return {"crop": 0.5 + 0.5 * views.inputs["crop"]}


def masked_reference(crop: np.ndarray, number: int, passes: int) -> np.ndarray:
    row = 0.5 + 20 / 64 * NormalDist().inv_cdf((number + 0.5) / passes)
    inside = square_reference((row, 0.5), 18 / 64, crop.shape[-2:])  # type: ignore[arg-type]
    return np.where(inside, 0.0, crop)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("passes", [1, 3])
@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_scoring_feeds_what_comes_out_into_the_next_pass(
    size: tuple[int, int], passes: int, norm: str
) -> None:
    clips = torch.rand(2, 3, 1, *size)
    task = Inpainting(Config(passes=passes, norm=norm))  # type: ignore[arg-type]
    scores = task.infer(drawn, Batch(clips), generator(0))
    crop = filled = clips.double().numpy()
    for number in range(passes):
        filled = 0.5 + 0.5 * masked_reference(filled, number, passes)
    away = filled - crop
    error = np.abs(away) if norm == "l1" else away**2
    assert scores["error"].tolist() == pytest.approx(error.mean(axis=(1, 2, 3, 4)), rel=1e-5)
    variance = crop.var(axis=(3, 4)).mean(axis=(1, 2))
    share = (away**2).mean(axis=(1, 2, 3, 4)) / (variance + 1e-3)
    assert scores["unexplained"].tolist() == pytest.approx(share, rel=1e-5)


def test_masks_of_scoring_lie_at_top_middle_and_bottom_whatever_the_rng() -> None:
    seen: list[Tensor] = []

    def run(views: Views) -> dict[str, Tensor]:
        seen.append(views.inputs["crop"])
        return {"crop": torch.ones_like(views.inputs["crop"])}

    batch = Batch(torch.ones(2, 1, 1, 64, 64))
    for seed in (0, 1):
        Inpainting(Config()).infer(run, batch, generator(seed))
    rows = [(crop[0, 0, 0] == 0).any(dim=1).nonzero().flatten() for crop in seen]
    assert [(int(row[0]), int(row[-1])) for row in rows[:3]] == [(4, 21), (23, 40), (42, 59)]
    assert all(torch.equal(a, b) for a, b in zip(seen[:3], seen[3:], strict=True))
    assert all(torch.equal(crop[0], crop[1]) for crop in seen)


def test_views_of_scoring_are_the_first_pass() -> None:
    batch = Batch(torch.ones(1, 1, 1, 64, 64))
    views = Inpainting(Config()).views(batch, generator(0), training=False)
    rows = (views.inputs["crop"][0, 0, 0] == 0).any(dim=1).nonzero().flatten()
    assert (int(rows[0]), int(rows[-1])) == (4, 21)


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_loss_is_that_of_the_whole_crop(norm: str) -> None:
    output, crop = torch.rand(2, 3, 2, 1, 7, 9, dtype=torch.float64)
    away = np.abs((output - crop).numpy())
    expected = away.mean() if norm == "l1" else (away**2).mean()
    task = Inpainting(Config(norm=norm))  # type: ignore[arg-type]
    loss = task.loss({"crop": output}, {"crop": crop})
    assert {name: float(term) for name, term in loss.items()} == pytest.approx({norm: expected})


@pytest.mark.parametrize(
    "config", [Config(norm="l2", passes=1), Config(fill=0.5, smallest=0.9, largest=1.0)], ids=str
)
def test_every_way_conforms(config: Config) -> None:
    """Among the kit's cases are odd sizes, grey video and bfloat16."""
    assert check_task(CARD, config) == {}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"smallest": 0.0}, "smallest"),
        ({"smallest": 0.6}, "largest"),
        ({"largest": 1.1}, "largest"),
        ({"spread": 0.0}, "spread"),
        ({"fill": 1.5}, "fill"),
        ({"passes": 0}, "passes"),
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Config(**options)  # type: ignore[arg-type]

from __future__ import annotations

import numpy as np
import pytest
import torch
from vadkit_jigsaw import CARD, Config
from vadkit_jigsaw.task import Jigsaw, shuffle_patches

from vadkit.task import Batch
from vadkit.testing import check_task
from vadkit.utils.rng import generator, randperm


def shuffled_reference(clip: np.ndarray, order: np.ndarray, side: int) -> np.ndarray:
    height, width = (size // side for size in clip.shape[-2:])
    top, left = (clip.shape[-2] - side * height) // 2, (clip.shape[-1] - side * width) // 2
    out = np.zeros_like(clip)

    def place(k: int) -> tuple[slice, slice]:
        row, column = top + (k // side) * height, left + (k % side) * width
        return slice(row, row + height), slice(column, column + width)

    for b in range(len(clip)):
        for slot in range(side**2):
            out[(b, ..., *place(slot))] = clip[(b, ..., *place(order[b, slot]))]
    return out


@pytest.mark.parametrize("size", [(32, 32), (48, 48), (64, 64), (33, 47), (9, 10)])
@pytest.mark.parametrize("side", [2, 3])
def test_patches_against_loops(size: tuple[int, int], side: int) -> None:
    clip = torch.rand(4, 2, 3, *size)
    order = randperm(4, side**2, rng=generator(3))
    expected = shuffled_reference(clip.numpy(), order.numpy(), side)
    assert np.array_equal(shuffle_patches(clip, order).numpy(), expected)


def test_the_border_is_black_in_order_too() -> None:
    task = Jigsaw(Config(frames=2))
    views = task.views(Batch(torch.ones(1, 1, 2, 50, 50)), generator(0), training=False)
    kept = views.inputs["spatial"][0, 0, 0]
    assert kept[1:49, 1:49].min() == 1
    assert kept.sum() == 48 * 48


def moving(size: int) -> torch.Tensor:
    """Clips whose frame t is t/10 everywhere."""
    ramp = torch.arange(7).float() / 10
    return ramp[None, None, :, None, None].expand(size, 1, 7, 9, 9)


def test_frames_lie_where_the_label_says() -> None:
    views = Jigsaw(Config()).views(Batch(moving(50)), generator(0), training=True)
    order = views.targets["temporal"]
    seen = (views.inputs["temporal"][:, 0, :, 0, 0] * 10).round().long()
    assert torch.equal(seen, order)
    assert (order.sort(dim=1).values == torch.arange(7)).all()
    assert len({tuple(row.tolist()) for row in order}) > 40


@pytest.mark.parametrize("training", [True, False])
def test_frames_beside_a_stride_are_not_read(training: bool) -> None:
    config = Config(frames=3, stride=3)
    assert list(CARD.reads(config)[0].offsets) == [-3, 0, 3]
    views = Jigsaw(config).views(Batch(moving(20)[:, :, ::3]), generator(0), training)
    order = views.targets["temporal"]
    shown = (views.inputs["temporal"][:, 0, :, 0, 0] * 10).round().long()  # (B, T)
    assert torch.equal(shown, order * 3)
    assert (order.sort(dim=1).values == torch.arange(3)).all()
    assert views.inputs["spatial"].shape[2] == 3


def test_a_static_clip_keeps_its_order_but_not_its_places() -> None:
    clips = torch.cat([moving(20), torch.full_like(moving(20), 0.5)])
    targets = Jigsaw(Config(static=0.3)).views(Batch(clips), generator(0), True).targets
    inert = (targets["temporal"] == torch.arange(7)).all(dim=1)
    assert inert.tolist() == [False] * 20 + [True] * 20
    assert not (targets["spatial"] == torch.arange(9)).all(dim=1).any()


def test_half_of_the_clips_are_mirrored_in_training_alone() -> None:
    clips = torch.zeros(200, 1, 7, 9, 9)
    clips[..., 0] = 1
    task = Jigsaw(Config())
    left = task.views(Batch(clips), generator(0), True).inputs["temporal"][:, 0, 0, 0, 0]
    assert 60 < int(left.sum()) < 140
    assert task.views(Batch(clips), generator(0), False).inputs["temporal"][..., 0].min() == 1


def test_loss_and_score_against_loops() -> None:
    rng = np.random.default_rng(0)
    logits = {"temporal": rng.normal(size=(3, 7, 7)), "spatial": rng.normal(size=(3, 9, 9))}
    orders = {
        name: np.stack([rng.permutation(x.shape[1]) for _ in range(3)])
        for name, x in logits.items()
    }
    outputs = {name: torch.tensor(x) for name, x in logits.items()}
    targets = {name: torch.tensor(x) for name, x in orders.items()}
    task = Jigsaw(Config())
    loss, score = task.loss(outputs, targets), task.score(outputs, targets)
    mean = Jigsaw(Config(reduce="mean")).score(outputs, targets)
    for name, x in logits.items():
        chance = np.exp(x) / np.exp(x).sum(axis=2, keepdims=True)
        slots = range(x.shape[1])
        terms = [-np.log(chance[b, s, orders[name][b, s]]) for b in range(3) for s in slots]
        assert float(loss[name]) == pytest.approx(sum(terms) / len(terms))
        anomaly = [1 - min(chance[b, s, s] for s in slots) for b in range(3)]
        assert score[name].tolist() == pytest.approx(anomaly)
        surprise = [-sum(np.log(chance[b, s, s]) for s in slots) / len(slots) for b in range(3)]
        assert mean[name].tolist() == pytest.approx(surprise)


def test_other_sizes_of_puzzle_conform() -> None:
    assert check_task(CARD, Config(frames=4, stride=2, patches=2, flip=False)) == {}


def test_a_puzzle_of_one_piece_is_refused() -> None:
    with pytest.raises(ValueError, match="puzzle"):
        Config(patches=1)


def test_a_stride_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="stride"):
        Config(stride=0)

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
import torch
from torch import Tensor
from vadkit_frame_order import CARD, Config
from vadkit_frame_order.task import IN_ORDER, FrameOrder, OrderHead, shuffles

from vadkit.nn.backbone import Features
from vadkit.nn.heads import Shapes
from vadkit.task import Batch, Views
from vadkit.testing import check_task
from vadkit.utils.rng import generator


def views(size: int, training: bool, **options: int) -> Views:
    """Views of clips of odd size whose frame t is t everywhere, 0 the unit's own."""
    config = Config(**options)  # type: ignore[arg-type]
    sampling = CARD.reads(config)[0] if training else CARD.reads_to_score(config)
    ramp = torch.tensor(list(sampling.offsets)).float()
    clips = ramp[None, None, :, None, None].expand(size, 1, len(ramp), 5, 7)
    return FrameOrder(config).views(Batch(clips), generator(0), training)


def frames_of(clips: Tensor) -> list[list[int]]:
    return [[int(t) for t in clip] for clip in clips[:, 0, :, 0, 0]]  # (B, C, T, H, W) -> (B, T)


@pytest.mark.parametrize(
    ("options", "own", "fast"),
    [
        ({}, [-2, -1, 0, 1], [-3, -1, 1, 3]),
        ({"acceleration": 3}, [-2, -1, 0, 1], [-5, -2, 1, 4]),
        ({"frames": 5}, [-2, -1, 0, 1, 2], [-4, -2, 0, 2, 4]),
    ],
    ids=str,
)
def test_every_unit_shows_each_variant_once(
    options: dict[str, int], own: list[int], fast: list[int]
) -> None:
    inputs = views(60, training=True, **options).inputs
    assert frames_of(inputs["clip"]) == [own] * 60
    assert frames_of(inputs["reversed"]) == [own[::-1]] * 60
    for frames in frames_of(inputs["shuffled"]):
        assert sorted(frames) == own
        assert frames not in (own, own[::-1])
    assert frames_of(inputs["accelerated"]) == [fast] * 60


def test_all_variants_pass_together() -> None:
    """Or batch norm would see nothing else than one variant, and level out what tells it apart."""
    assert {view.shape for view in views(3, training=True).inputs.values()} == {(3, 1, 4, 5, 7)}


def test_shuffles_are_all_but_the_order_and_its_reverse_evenly() -> None:
    drawn = Counter(tuple(row) for row in shuffles(4400, 4, generator(1)).tolist())
    assert set(drawn) == set(permutations(range(4))) - {(0, 1, 2, 3), (3, 2, 1, 0)}
    assert min(drawn.values()) > 140  # 200 expected of each of the 22
    assert max(drawn.values()) < 260


def test_scoring_sees_the_clip_as_it_is() -> None:
    made = views(2, training=False)
    assert list(made.inputs) == ["clip"]
    assert frames_of(made.inputs["clip"]) == [[-2, -1, 0, 1]] * 2


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def test_loss_against_loops() -> None:
    """The papers' sums, variant by variant: in order, reversed, shuffled, accelerated."""
    rng = np.random.default_rng(0)
    logits, codes = rng.normal(size=(3, 4)), rng.normal(size=(3, 4, 6))
    chance = 1 / (1 + np.exp(-logits))  # of "in order"
    entropy = [
        -np.log(chance[b, 0])
        - np.log(chance[b, 1])
        - np.log(1 - chance[b, 2])
        - np.log(1 - chance[b, 3])
        for b in range(3)
    ]
    near = [[np.exp(cosine(codes[b, 0], codes[b, v]) / 0.5) for v in range(4)] for b in range(3)]
    positive = sum(near[b][1] for b in range(3))
    negative = sum(near[b][2] for b in range(3)) + sum(near[b][3] for b in range(3))
    contrastive = -np.log(positive / (positive + negative))

    both = np.concatenate([logits[..., None], codes], axis=2)
    outputs = {name: torch.tensor(both[:, k]) for k, name in enumerate(IN_ORDER)}
    task = FrameOrder(Config(temperature=0.5, contrastive=0.3))
    loss = task.loss(outputs, {})
    assert float(loss["order"]) == pytest.approx(sum(entropy) / 12)
    assert float(loss["contrastive"]) == pytest.approx(0.3 * contrastive)


def test_score_is_the_chance_of_disorder() -> None:
    outputs = {"clip": torch.tensor([[0.0, 5.0], [2.0, 5.0], [-30.0, 5.0]])}
    score = FrameOrder(Config()).score(outputs, {})["disorder"]
    assert score.tolist() == pytest.approx([0.5, 1 - 1 / (1 + np.exp(-2)), 1])


@pytest.mark.parametrize("projected", [True, False])
def test_codes_are_projected_or_the_backbones_own(projected: bool) -> None:
    config = Config(projected=projected, dim=5)
    shapes = Shapes(channels=1, size=(8, 8), widths=(4, 7), strides=(1, 2))
    head = FrameOrder(config).head(shapes)
    assert isinstance(head, OrderHead)
    features = Features((torch.rand(2, 4, 1, 9, 5), torch.rand(2, 7, 1, 5, 3)), (9, 5))
    code = head.project(features, {}) if projected else features.pooled()
    made = head(features, {})
    assert made.shape == (2, 6 if projected else 8)
    assert torch.equal(made[:, 1:], code)
    logit = head.classify(head.project(features, {}))
    assert torch.equal(made[:, :1], logit)


@pytest.mark.parametrize(
    "config",
    [Config(projected=False, frames=3), Config(contrastive=0, acceleration=3)],
    ids=str,
)
def test_every_way_conforms(config: Config) -> None:
    """Among the kit's cases are odd sizes, grey video and bfloat16."""
    assert check_task(CARD, config) == {}


@pytest.mark.parametrize(
    "options",
    [{"frames": 2}, {"acceleration": 1}, {"contrastive": -1}, {"temperature": 0}],
    ids=str,
)
def test_what_cannot_work_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        Config(**options)  # type: ignore[arg-type]

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from vadkit_color import CARD, Config
from vadkit_color.task import Color, dominant_color, inner

from vadkit.task import Batch
from vadkit.testing import check_task
from vadkit.testing.rig import Case, Rig
from vadkit.utils.rng import generator


def dominant_reference(image: np.ndarray, levels: int) -> int:
    """The class of most pixels of (C, H, W); of equals, the lowest."""
    counts: Counter[int] = Counter()
    for pixel in image.reshape(len(image), -1).T:
        number = 0
        for value in pixel:
            number = number * levels + min(int(value * levels), levels - 1)
        counts[number] += 1
    return min(counts, key=lambda number: (-counts[number], number))


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (1, 1)])
@pytest.mark.parametrize(("channels", "levels"), [(3, 2), (3, 4), (1, 16), (1, 3)])
def test_dominant_color_against_loops(size: tuple[int, int], channels: int, levels: int) -> None:
    images = torch.rand(6, channels, *size)
    expected = [dominant_reference(image.numpy(), levels) for image in images]
    assert dominant_color(images, levels).tolist() == expected


def test_levels_are_cut_where_the_formula_says() -> None:
    values = torch.tensor([0.0, 0.249, 0.25, 0.5, 0.75, 0.999, 1.0])
    assert dominant_color(values.view(-1, 1, 1, 1), 4).tolist() == [0, 0, 1, 2, 3, 3, 3]


def test_the_first_of_equals_counts() -> None:
    halves = torch.tensor([[0.9, 0.1], [0.1, 0.9]])[None, None]
    assert dominant_color(halves, 2).tolist() == [0]


@pytest.mark.parametrize(
    ("size", "share", "rows", "columns"),
    [
        ((8, 8), 0.5, range(2, 6), range(2, 6)),
        ((9, 7), 0.5, range(2, 6), range(1, 5)),
        ((3, 3), 0.1, range(1, 2), range(1, 2)),
        ((5, 6), 1.0, range(5), range(6)),
    ],
)
def test_inner_is_the_centre(
    size: tuple[int, int], share: float, rows: range, columns: range
) -> None:
    image = torch.arange(size[0] * size[1]).view(1, *size)
    expected = [[row * size[1] + column for column in columns] for row in rows]
    assert inner(image, share)[0].tolist() == expected


def framed(channels: int) -> torch.Tensor:
    """Crops, bright inside and dark around it; the inside is a quarter of the pixels."""
    clips = torch.full((2, channels, 1, 12, 16), 0.1)
    clips[..., 3:9, 4:12] = 0.95
    return clips


@pytest.mark.parametrize(("share", "color"), [(0.5, 63), (1.0, 0)])
def test_the_object_counts_and_not_what_is_around_it(share: float, color: int) -> None:
    task = Color(Config(inner=share))
    views = task.views(Batch(framed(3)), generator(0), training=True)
    assert views.targets["dominant"].tolist() == [color, color]


def test_grey_video_is_classified_by_its_brightness() -> None:
    case = Case(2, 1, (12, 16))
    rig = Rig(CARD, Config(), case)
    views = rig.task.views(Batch(framed(1)), generator(0), training=False)
    assert views.targets["dominant"].tolist() == [int(0.95 * 16)] * 2
    assert rig.outputs(views)["crop"].shape == (2, 16)
    fine = Rig(CARD, Config(grey_levels=5), case)
    assert fine.outputs(fine.views(training=True))["crop"].shape == (2, 5)


def test_colour_video_has_levels_to_the_third_classes() -> None:
    rig = Rig(CARD, Config(levels=3), Case(2, 3, (33, 47)))
    assert rig.outputs(rig.views(training=True))["crop"].shape == (2, 27)


def test_the_colour_can_be_hidden_but_stays_the_target() -> None:
    clips = torch.rand(4, 3, 1, 9, 11)
    plain, grey = (
        Color(config).views(Batch(clips), generator(0), training=True)
        for config in (Config(), Config(sees="grey"))
    )
    assert torch.equal(plain.inputs["crop"], clips)
    expected = clips.numpy().mean(axis=1)
    for channel in range(3):
        assert grey.inputs["crop"][:, channel].numpy() == pytest.approx(expected)
    assert torch.equal(plain.targets["dominant"], grey.targets["dominant"])


def test_loss_and_score_against_the_formula() -> None:
    rng = np.random.default_rng(0)
    logits, dominant = rng.normal(size=(5, 64)), rng.integers(64, size=5)
    chance = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    surprise = [-np.log(chance[b, dominant[b]]) for b in range(5)]
    outputs, targets = {"crop": torch.tensor(logits)}, {"dominant": torch.tensor(dominant)}
    task = Color(Config())
    assert float(task.loss(outputs, targets)["entropy"]) == pytest.approx(np.mean(surprise))
    assert task.score(outputs, targets)["surprise"].tolist() == pytest.approx(surprise)


@pytest.mark.parametrize(
    "config", [Config(levels=2, sees="grey"), Config(grey_levels=2, inner=0.01)], ids=str
)
def test_every_way_conforms(config: Config) -> None:
    """Among the kit's cases are odd sizes, grey video and bfloat16."""
    assert check_task(CARD, config) == {}


@pytest.mark.parametrize(
    "options", [{"levels": 1}, {"grey_levels": 1}, {"inner": 0.0}, {"inner": 1.2}], ids=str
)
def test_what_cannot_work_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        Config(**options)  # type: ignore[arg-type]

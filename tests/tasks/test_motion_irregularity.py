from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from vadkit_motion_irregularity import CARD, Config
from vadkit_motion_irregularity.task import MotionIrregularity, outwards

from vadkit.task import Batch, Views
from vadkit.testing import check_task
from vadkit.utils.rng import generator


def views(size: int, training: bool, **options: int) -> Views:
    """Views of clips of odd size whose frame t is t everywhere, 0 the unit's own."""
    config = Config(**options)
    sampling = CARD.reads(config)[0] if training else CARD.reads_to_score(config)
    ramp = torch.tensor(list(sampling.offsets)).float()
    clips = ramp[None, None, :, None, None].expand(size, 1, len(ramp), 5, 7)
    return MotionIrregularity(config).views(Batch(clips), generator(0), training)


def frames_of(made: Views) -> list[list[int]]:
    return [[int(t) for t in clip] for clip in made.inputs["clip"][:, 0, :, 0, 0]]


def test_drawn_clips_alone_skip_frames() -> None:
    made = views(300, training=True)
    irregular, steps = made.targets["irregular"].tolist(), Counter[int]()
    for frames, label in zip(frames_of(made), irregular, strict=True):
        assert frames[3] == 0  # the unit's own frame stays the middle one
        if label:
            steps.update(np.diff(frames).tolist())
        else:
            assert frames == [-3, -2, -1, 0, 1, 2, 3]
    assert 100 < sum(irregular) < 200
    assert set(steps) == {2, 3, 4, 5}  # 1 to 4 frames skipped
    assert min(steps.values()) > 0.2 * sum(steps.values())


def test_the_longest_steps_just_fit() -> None:
    made = views(20, training=True, reach=2, fewest=3, most=3)
    assert CARD.reads(Config(reach=2, fewest=3, most=3))[0].frames == 17
    assert {tuple(frames) for frames in frames_of(made)} == {(-8, -4, 0, 4, 8), (-2, -1, 0, 1, 2)}


def test_frames_against_a_walk_from_the_middle() -> None:
    steps = np.random.default_rng(0).integers(1, 6, size=(4, 6))
    for made, row in zip(outwards(torch.tensor(steps)).tolist(), steps, strict=True):
        frames = [0]
        for back, on in zip(row[:3], row[3:], strict=True):
            frames = [frames[0] - back, *frames, frames[-1] + on]
        assert made == frames


def test_scoring_reads_consecutive_frames_alone() -> None:
    made = views(3, training=False)
    assert frames_of(made) == [[-3, -2, -1, 0, 1, 2, 3]] * 3
    assert "irregular" not in made.targets


def test_loss_and_score_against_the_formula() -> None:
    logits = np.random.default_rng(0).normal(size=(4, 2))
    labels = [0, 1, 1, 0]
    chance = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    outputs, task = {"clip": torch.tensor(logits)}, MotionIrregularity(Config())
    loss = task.loss(outputs, {"irregular": torch.tensor(labels)})["entropy"]
    terms = [-np.log(chance[b, label]) for b, label in enumerate(labels)]
    assert float(loss) == pytest.approx(sum(terms) / 4)
    assert task.score(outputs, {})["irregular"].tolist() == pytest.approx(chance[:, 1].tolist())


def test_other_steps_conform() -> None:
    """Among the kit's cases are odd sizes, grey video and bfloat16."""
    assert check_task(CARD, Config(reach=1, fewest=2, most=2)) == {}


@pytest.mark.parametrize("options", [{"reach": 0}, {"fewest": 0}, {"fewest": 5}], ids=str)
def test_what_cannot_work_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"reach|skips"):
        Config(**options)

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from vadkit_semantic_reconstruction import CARD, Config
from vadkit_semantic_reconstruction.task import SemanticReconstruction

from vadkit.task import Batch, Views
from vadkit.testing import check_task
from vadkit.utils.rng import generator

T = 5


def batch(size: int, windows: int) -> Batch:
    """Clips whose frames are numbered through the windows, from 100·b."""
    numbers = torch.arange(windows * T).view(windows, T) + 100 * torch.arange(size)[:, None, None]
    clips = numbers.float()[:, :, None, :, None, None].expand(size, windows, 1, T, 2, 2)
    return Batch(clips if windows > 1 else clips[:, 0], {"scene": torch.rand(size, 3)})


def views(size: int, training: bool = True, **options: object) -> Views:
    config = Config(frames=T, **options)  # type: ignore[arg-type]
    sampling = CARD.reads(config)[0] if training else CARD.reads_to_score(config)
    given = batch(size, sampling.windows)
    return SemanticReconstruction(config).views(given, generator(1), training)


def numbers(clip: torch.Tensor) -> list[list[int]]:
    return [[int(x) for x in row] for row in clip[:, 0, :, 0, 0]]


def test_the_frame_is_what_the_clip_lacks() -> None:
    made = views(200, negative="continuous")
    taken = Counter[int]()
    for b, (clip, frame) in enumerate(
        zip(numbers(made.inputs["clip"]), numbers(made.inputs["frame"]), strict=True)
    ):
        whole = [100 * b + t for t in range(T)]
        assert clip == [number for number in whole if number != frame[0]]
        taken[frame[0] - 100 * b] += 1
    assert set(taken) == {1, 2, 3}  # 2 ... T-1, counted from 1
    assert min(taken.values()) > 40


def test_scoring_takes_the_middle_frame() -> None:
    made = views(3, training=False)
    assert numbers(made.inputs["frame"]) == [[2], [102], [202]]
    assert "negative" not in made.inputs


def test_a_disjoint_negative_is_a_frame_of_the_past_or_the_future() -> None:
    made = views(60, negative="disjoint")
    away = (made.inputs["negative"] - made.inputs["frame"])[:, 0, :, 0, 0]
    assert away.shape == (60, 1)
    assert set(away.flatten().tolist()) == {-T, T}
    assert 15 < int((away > 0).sum()) < 45
    assert all(row[0] - 100 * b == T for b, row in enumerate(numbers(made.inputs["clip"])))


def test_the_margin_is_scored_with_the_past() -> None:
    made = views(2, training=False, negative="disjoint", score="margin")
    assert numbers(made.inputs["negative"]) == [[2], [102]]
    assert numbers(made.inputs["frame"]) == [[2 + T], [102 + T]]


def test_another_negative_is_the_neighbours_frame() -> None:
    made = views(3, negative="other")
    frames, negative = (numbers(made.inputs[name]) for name in ("frame", "negative"))
    assert negative == [frames[2], frames[0], frames[1]]


def test_the_literal_negative_is_the_clip() -> None:
    assert numbers(views(1, negative="continuous").inputs["negative"]) == [[0, 1, 2, 3, 4]]


def test_loss_and_score_against_loops() -> None:
    rng = np.random.default_rng(0)
    clip, frame, negative = rng.normal(size=(3, 4, 6))

    def cosine(one: np.ndarray, other: np.ndarray) -> float:
        return float(one @ other / np.sqrt((one @ one) * (other @ other)))

    near = [cosine(clip[b], frame[b]) for b in range(4)]
    far = [cosine(clip[b], negative[b]) for b in range(4)]
    hinge = sum(max(0.0, 0.3 - (p - n)) for p, n in zip(near, far, strict=True)) / 4
    out = {name: torch.tensor(x) for name, x in zip(("clip", "frame"), (clip, frame), strict=True)}
    full = {**out, "negative": torch.tensor(negative)}
    task = SemanticReconstruction(Config(margin=0.3))
    assert float(task.loss(full, {})["triplet"]) == pytest.approx(hinge)
    assert task.score(out, {})["distance"].tolist() == pytest.approx([1 - p for p in near])
    margin = SemanticReconstruction(Config(score="margin", negative="disjoint")).score(full, {})
    assert margin["distance"].tolist() == pytest.approx(
        [n - p for p, n in zip(near, far, strict=True)]
    )


@pytest.mark.parametrize(
    "config",
    [
        Config(scene=False),
        Config(negative="disjoint"),
        Config(negative="continuous", score="margin", frames=3),
        Config(negative="disjoint", score="margin"),
    ],
    ids=str,
)
def test_every_way_conforms(config: Config) -> None:
    assert check_task(CARD, config) == {}


def test_the_scene_is_needed_over_the_whole_clip() -> None:
    assert [(n.role, n.frames) for n in CARD.needs(Config(frames=7))] == [("scene", 7)]
    assert CARD.needs(Config(scene=False)) == ()


@pytest.mark.parametrize(
    "options", [{"frames": 2}, {"negative": "other", "score": "margin"}], ids=str
)
def test_what_cannot_work_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"frames|margin"):
        Config(**options)  # type: ignore[arg-type]

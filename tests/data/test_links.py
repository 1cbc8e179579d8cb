"""Which boxes show the same object, and smoothing along them."""

from __future__ import annotations

import numpy as np
import pytest

from vadkit.data.links import chains, link_boxes
from vadkit.data.units import Units
from vadkit.recipe import Smooth
from vadkit.scoring.smoothing import smooth, smooth_objects

GAUSSIAN = Smooth(kind="gaussian", sigma=1, window=5)


def test_boxes_are_linked_once_and_the_most_overlapping_first() -> None:
    before = np.float32([[0, 0, 10, 10, 1], [4, 0, 14, 10, 1]])
    after = np.float32([[5, 0, 15, 10, 1], [50, 0, 60, 10, 1]])
    assert link_boxes(before, after, 0.2) == {0: 1}
    assert link_boxes(before[:0], after, 0.2) == {}


def walkers(places: dict[int, list[float]], videos: tuple[int, ...] = (9,)) -> Units:
    """Boxes of ten by ten pixels: frame, counted through all videos -> their left edges."""
    starts = np.cumsum((0, *videos[:-1]))
    rows = [(at, left) for at, edges in sorted(places.items()) for left in edges]
    video = np.array([int(np.searchsorted(starts, at, side="right")) - 1 for at, _ in rows], int)
    boxes = np.float32([[left, 0, left + 10, 10, 1] for _, left in rows]).reshape(-1, 5)
    return Units(
        tuple("abc"[: len(videos)]),
        np.array(videos),
        np.full((len(videos), 2), 200),
        video,
        np.array([at for at, _ in rows], int) - starts[video],
        boxes,
    )


def test_two_who_pass_are_two_chains() -> None:
    units = walkers({n: sorted([5.0 * n, 100 - 5.0 * n]) for n in range(9)})
    assert sorted(map(len, chains(units))) == [9, 9]
    for rows in chains(units):
        assert len(set(np.sign(np.diff(units.boxes[rows, 0])))) == 1, "turned round"


def test_a_frame_without_the_object_ends_its_chain() -> None:
    units = walkers({0: [0], 1: [1], 3: [3], 4: [4]})
    assert [rows.tolist() for rows in chains(units)] == [[0, 1], [2, 3]]


def test_the_next_video_begins_anew() -> None:
    units = walkers({3: [0], 4: [0], 5: [0], 6: [0]}, videos=(5, 5))
    assert [rows.tolist() for rows in chains(units)] == [[0, 1], [2, 3]]


def test_without_boxes_there_is_no_chain() -> None:
    assert chains(walkers({0: []})) == []


def test_every_unit_is_in_one_chain() -> None:
    rng = np.random.default_rng(0)
    units = walkers({n: rng.uniform(0, 90, rng.integers(4)).tolist() for n in range(40)}, (15, 25))
    rows = np.concatenate(chains(units))
    assert sorted(rows.tolist()) == list(range(len(units)))


def test_an_objects_scores_are_smoothed_as_those_of_a_video() -> None:
    units = walkers({n: [n, 100] for n in range(9)})
    scores = np.random.default_rng(0).normal(size=18)
    smoothed = smooth_objects(scores, units, GAUSSIAN)
    for some in (slice(0, None, 2), slice(1, None, 2)):
        assert smoothed[some] == pytest.approx(smooth(scores[some], GAUSSIAN))


def test_an_object_that_comes_late_does_not_begin_with_nothing() -> None:
    how = GAUSSIAN.model_copy(update={"ends": "zero"})
    assert smooth_objects(np.array([3.0]), walkers({4: [0]}), how) == pytest.approx([3.0])


def test_without_smoothing_scores_stay() -> None:
    units, scores = walkers({0: [0, 50], 1: [0, 50]}), np.arange(4.0)
    assert smooth_objects(scores, units, Smooth(kind="none")).tolist() == scores.tolist()

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vadkit.data.dataset import Video
from vadkit.data.detection import MOST_BOXES, Boxes, Detector, Seen, apply_rules, clip_boxes, detect
from vadkit.data.video.frame import Frame
from vadkit.registry.cards import BoxRules, NoOptions

VIDEO = Video("clip", Path("clip.mp4"), "test")
EASY = BoxRules(confidence=0.0, min_side=0.0, drop_contained=False)


class Reader:
    def __init__(self, frames: int, repaired: tuple[int, ...] = ()) -> None:
        self._frames, self._repaired = frames, repaired

    def frames(self) -> Iterator[Frame]:
        image = np.zeros((40, 60, 1), np.uint8)
        for index in range(self._frames):
            yield Frame(index, index / 25, image, index in self._repaired)


class Fixed(Detector[NoOptions]):
    """Adds the same boxes to every frame, and remembers what it was given."""

    def __init__(self, boxes: list[list[float]]) -> None:
        super().__init__(NoOptions())
        self.boxes = np.array(boxes, np.float32).reshape(-1, 5)
        self.given: list[Boxes] = []

    def detect(self, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        for seen in stream:
            self.given.append(seen.boxes)
            yield Seen(seen.frame, np.concatenate([seen.boxes, self.boxes]))


def boxes(*rows: list[float]) -> Boxes:
    return np.array(rows, np.float32).reshape(-1, 5)


def test_confidence_and_size_must_be_reached() -> None:
    found = boxes([0, 0, 5, 30, 0.5], [0, 0, 5, 30, 0.6], [0, 0, 9, 9, 0.9], [0, 0, 10, 2, 0.9])
    kept = apply_rules(found, BoxRules(confidence=0.5, min_side=10))
    assert kept[:, :4].tolist() == [[0, 0, 5, 30], [0, 0, 10, 2]]


def test_only_a_strictly_contained_box_is_dropped() -> None:
    outer, inner, touching = [0, 0, 30, 30, 1], [5, 5, 20, 20, 1], [0, 5, 20, 20, 1]
    rules = replace(EASY, drop_contained=True)
    assert apply_rules(boxes(inner, outer, touching), rules).tolist() == [outer, touching]


def test_equal_boxes_do_not_drop_each_other() -> None:
    same = [3, 3, 20, 20, 0.8]
    assert len(apply_rules(boxes(same, same), replace(EASY, drop_contained=True))) == 2
    assert len(apply_rules(boxes(same, same), replace(EASY, max_overlap=0.6))) == 1


def test_a_box_that_is_no_object_hides_none() -> None:
    unsure, inside = [0, 0, 50, 40, 0.1], [5, 5, 30, 30, 0.9]
    assert apply_rules(boxes(unsure, inside), BoxRules()).tolist() == boxes(inside).tolist()


@pytest.mark.parametrize(("share", "left"), [(0.4, 1), (0.6, 2), (1.0, 2)])
def test_the_smaller_of_two_overlapping_boxes_is_dropped(share: float, left: int) -> None:
    large, small = [0, 0, 20, 20, 1], [10, 0, 30, 10, 1]  # half of the small one is covered
    kept = apply_rules(boxes(small, large), replace(EASY, max_overlap=share))
    assert len(kept) == left
    assert large in kept.tolist()


def test_rules_agree_with_loops_over_random_boxes() -> None:
    rng = np.random.default_rng(0)
    low = rng.integers(0, 40, (60, 2))
    found = np.hstack([low, low + rng.integers(1, 30, (60, 2)), rng.random((60, 1))])
    rules = BoxRules(confidence=0.3, min_side=8, max_overlap=0.7)
    assert apply_rules(found.astype(np.float32), rules).tolist() == _by_loops(
        found.astype(np.float32).tolist(), rules
    )


def _by_loops(found: list[list[float]], rules: BoxRules) -> list[list[float]]:
    def area(b: list[float]) -> float:
        return (b[2] - b[0]) * (b[3] - b[1])

    def inside(a: list[float], b: list[float]) -> bool:
        return a[0] > b[0] and a[1] > b[1] and a[2] < b[2] and a[3] < b[3]

    def covered(a: list[float], b: list[float]) -> bool:
        width = min(a[2], b[2]) - max(a[0], b[0])
        height = min(a[3], b[3]) - max(a[1], b[1])
        return max(width, 0) * max(height, 0) > rules.max_overlap * area(a)

    found = [b for b in found if b[4] > rules.confidence]
    found = [b for b in found if max(b[2] - b[0], b[3] - b[1]) >= rules.min_side]
    found = [b for b in found if not any(inside(b, other) for other in found)]
    return [
        b
        for i, b in enumerate(found)
        if not any(
            covered(b, other) and (area(other), -j) > (area(b), -i)
            for j, other in enumerate(found)
            if i != j
        )
    ]


def test_boxes_are_clipped_and_what_is_nothing_is_dropped() -> None:
    nan = float("nan")
    found = boxes(
        [-5, -5, 10, 10, 1], [50, 30, 99, 99, 1], [70, 0, 90, 10, 1], [9, 9, 9, 20, 1],
        [20, 9, 10, 20, 1], [nan, 0, 9, 9, 1], [0, 0, 9, 9, nan],
    )  # fmt: skip
    assert clip_boxes(found, 40, 60).tolist() == [[0, 0, 10, 10, 1], [50, 30, 60, 40, 1]]


def test_stages_see_clean_boxes_of_those_before() -> None:
    first, second = Fixed([[-5, 0, 20, 20, 1], [9, 9, 9, 9, 1]]), Fixed([[30, 0, 50, 20, 1]])
    counts: Counter[str] = Counter()
    seen = list(detect(VIDEO, Reader(3, repaired=(1,)), [first, second], EASY, counts))
    assert [one.frame.index for one in seen] == [0, 1, 2]
    assert second.given[2].tolist() == [[0, 0, 20, 20, 1]]
    assert seen[0].boxes.tolist() == [[0, 0, 20, 20, 1], [30, 0, 50, 20, 1]]
    assert counts["frames"] == 3
    assert counts["frames_repaired"] == 1
    assert counts["boxes"] == 6
    assert counts["boxes_unusable"] == 3


def test_ten_thousand_boxes_in_a_frame_are_capped_and_counted() -> None:
    rng = np.random.default_rng(1)
    many = np.hstack([rng.random((10_000, 2)), 20 + rng.random((10_000, 3))])
    many[:, 4] = rng.random(10_000) / 2 + 0.5
    counts: Counter[str] = Counter()
    rules = replace(BoxRules(), drop_contained=False)
    (seen,) = detect(VIDEO, Reader(1), [Fixed(many.tolist())], rules, counts)
    assert len(seen.boxes) == MOST_BOXES
    assert seen.boxes[:, 4].min() >= np.sort(many[:, 4].astype(np.float32))[-MOST_BOXES]
    assert counts["boxes_over_limit"] == 10_000 - MOST_BOXES


def test_frames_without_objects_are_counted() -> None:
    counts: Counter[str] = Counter()
    seen = list(detect(VIDEO, Reader(4), [Fixed([])], BoxRules(), counts))
    assert all(one.boxes.shape == (0, 5) for one in seen)
    assert counts["frames_without_boxes"] == 4

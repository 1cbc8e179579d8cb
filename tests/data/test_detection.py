from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vadkit.data.dataset import Video
from vadkit.data.detection import MOST_BOXES, Boxes, Detector, Seen, apply_rules, clip_boxes, detect
from vadkit.data.video.frame import Frame
from vadkit.errors import PluginError
from vadkit.registry.cards import BoxRules, NoOptions

VIDEO = Video("clip", Path("clip.mp4"), "test")
EASY = BoxRules(confidence=0.0, min_side=0.0, drop_contained=False)


def frames(count: int) -> Iterator[Seen]:
    """Empty frames without boxes."""
    image = np.zeros((40, 60, 1), np.uint8)
    return (Seen(Frame(n, n / 25, image), boxes()) for n in range(count))


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
    seen = list(detect(VIDEO, frames(3), [first, second], EASY, counts))
    assert [one.frame.index for one in seen] == [0, 1, 2]
    assert second.given[2].tolist() == [[0, 0, 20, 20, 1]]
    assert seen[0].boxes.tolist() == [[0, 0, 20, 20, 1], [30, 0, 50, 20, 1]]
    assert counts["boxes"] == 6
    assert counts["boxes_unusable"] == 3


def test_ten_thousand_boxes_in_a_frame_are_capped_and_counted() -> None:
    rng = np.random.default_rng(1)
    many = np.hstack([rng.random((10_000, 2)), 20 + rng.random((10_000, 3))])
    many[:, 4] = rng.random(10_000) / 2 + 0.5
    counts: Counter[str] = Counter()
    rules = replace(BoxRules(), drop_contained=False)
    (seen,) = detect(VIDEO, frames(1), [Fixed(many.tolist())], rules, counts)
    assert len(seen.boxes) == MOST_BOXES
    assert seen.boxes[:, 4].min() >= np.sort(many[:, 4].astype(np.float32))[-MOST_BOXES]
    assert counts["boxes_over_limit"] == 10_000 - MOST_BOXES


def test_frames_without_objects_are_counted() -> None:
    counts: Counter[str] = Counter()
    seen = list(detect(VIDEO, frames(4), [Fixed([])], BoxRules(), counts))
    assert all(one.boxes.shape == (0, 5) for one in seen)
    assert counts["frames_without_boxes"] == 4


class Wrong(Detector[NoOptions]):
    """Gives these of the frames that it is shown."""

    def __init__(self, *order: int, stop: bool = False) -> None:
        super().__init__(NoOptions())
        self.order, self.stop = order, stop

    def detect(self, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        seen = [next(stream) for _ in self.order] if self.stop else list(stream)
        yield from (seen[index] for index in self.order)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (Wrong(0, 2, 3), "frame 2 in place of frame 1"),
        (Wrong(0, 1, 1, 2), "frame 1 in place of frame 2"),
        (Wrong(1, 0, 2, 3), "frame 1 in place of frame 0"),
        (Wrong(0, 1, 2), "3 of the 4 frames"),
        (Wrong(0, 1, stop=True), "2 of the 3 frames"),
        (Wrong(), "0 of the 4 frames"),
    ],
)
def test_a_detector_that_mixes_up_frames_is_named(wrong: Wrong, text: str) -> None:
    stream = detect(VIDEO, frames(4), [Fixed([]), wrong], EASY, Counter())
    with pytest.raises(PluginError, match=rf"The detector Wrong of .*test_detection gives {text}"):
        list(stream)

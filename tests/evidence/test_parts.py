"""The built-in evidence parts: what they say of squares whose size and way are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vadkit_evidence.cards import APPEARANCE, BOX, MOTION
from vadkit_evidence.motion import Motion

from vadkit.data.detection import Seen
from vadkit.data.video.frame import Frame
from vadkit.nn.neighbours import neighbour_distance
from vadkit.registry.registry import Registry
from vadkit.testing.evidence_checks import film

HEIGHT, WIDTH, SIDE = 80, 120, 24
pytestmark = pytest.mark.edges


def moving(right: int, down: int = 0, frames: int = 12, width: int = WIDTH) -> list[Seen]:
    """A textured square that moves so many pixels a frame over even ground."""
    rng = np.random.default_rng(0)
    texture = rng.integers(0, 256, (SIDE, SIDE), dtype=np.uint8)
    texture = np.kron(texture[::4, ::4], np.ones((4, 4), np.uint8))
    seen = []
    for number in range(frames):
        image = np.full((HEIGHT, width, 1), 128, np.uint8)
        left, top = 10 + right * number, 10 + down * number
        image[top : top + SIDE, left : left + SIDE, 0] = texture
        box = np.array([[left, top, left + SIDE, top + SIDE, 1]], np.float32)
        seen.append(Seen(Frame(index=number, time_s=number / 25, image=image), box))
    return seen


def measured(frames: list[Seen], **options: int) -> dict[str, np.ndarray]:
    part = Motion(MOTION.config(**options))
    rows = np.concatenate(list(part.describe(iter(frames))))
    return part.measure(rows, part.fit(rows, np.zeros(len(rows), np.int64)))


@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, 0), (2, 2)])
def test_speed_and_travel_are_pixels_of_a_frame_400_wide(right: int, down: int) -> None:
    values = {name: of * WIDTH / 400 for name, of in measured(moving(right, down)).items()}
    way = np.hypot(right, down)
    assert values["travel"] == pytest.approx(np.full(12, way), abs=1e-5)
    assert np.median(values["speed"]) == pytest.approx(way, rel=0.2, abs=0.05)
    assert np.median(values["flow"]) == pytest.approx(right + down, rel=0.2, abs=0.05)


@pytest.mark.parametrize("width", [500, 900])
def test_wide_frames_are_halved_and_their_flow_is_still_of_400(width: int) -> None:
    wide = np.median(measured(moving(8, frames=8, width=width))["speed"])
    assert wide == pytest.approx(8 * 400 / width, rel=0.25)


def test_a_clip_of_another_resolution_means_the_same() -> None:
    large = [
        Seen(replace(of.frame, image=of.frame.image.repeat(3, 0).repeat(3, 1)), _tripled(of.boxes))
        for of in moving(3)
    ]
    for card in (BOX, MOTION):
        part = Registry((*_plugins(),)).create("evidence", card.name, {})
        small, same = (np.concatenate(list(part.describe(iter(of)))) for of in (moving(3), large))
        bank = part.fit(small, np.zeros(len(small), np.int64))
        for name in {"width", "area", "size", "travel", "place"} & {*card.attributes}:
            values, others = (part.measure(of, bank)[name] for of in (small, same))
            assert others == pytest.approx(values, rel=0.1, abs=0.1), name


def _tripled(boxes: np.ndarray) -> np.ndarray:
    return boxes * np.float32([3, 3, 3, 3, 1])


def test_a_box_without_links_does_not_travel() -> None:
    frames = moving(3)
    jumping = [
        Seen(seen.frame, seen.boxes + np.float32([40 * (n % 2), 0, 40 * (n % 2), 0, 0]))
        for n, seen in enumerate(frames)
    ]
    assert measured(jumping)["travel"].tolist() == [0.0] * 12


def test_the_way_that_nobody_went_is_far_from_all_ways() -> None:
    part = Motion(MOTION.config())
    usual = np.concatenate(list(part.describe(iter(moving(2)))))
    bank = part.fit(usual, np.zeros(len(usual), np.int64))
    turned = np.concatenate(list(part.describe(iter(moving(0, 2)))))
    far, near = (part.measure(rows, bank)["directions"].mean() for rows in (turned, usual))
    assert far > 3 * near


def test_a_training_object_is_not_compared_with_its_own_video() -> None:
    rng = np.random.default_rng(0)
    bank, videos = rng.random((40, 3), np.float32), np.repeat([0, 1, 2, 3], 10)
    values = neighbour_distance(bank, bank, 3, (videos, videos))
    for row, value in enumerate(values):
        others = bank[videos != videos[row]]
        nearest = np.sort(np.linalg.norm(others - bank[row], axis=1))[:3]
        assert value == pytest.approx(nearest.mean(), rel=1e-5)


def test_sizes_are_those_of_the_boxes(registry: Registry) -> None:
    part = registry.create("evidence", "box", {})
    rows = np.concatenate(list(part.describe(iter(film(0)))))
    boxes = np.concatenate([seen.boxes for seen in film(0)])
    scale = 400 / film(0)[0].frame.image.shape[1]
    width, height = scale * (boxes[:, 2:4] - boxes[:, :2]).T
    values = part.measure(rows, part.fit(rows, np.zeros(len(rows), np.int64)))
    assert values["width"] == pytest.approx(width, rel=1e-5)
    assert values["area"] == pytest.approx(width * height, rel=1e-5)
    assert values["log-width"] == pytest.approx(np.log(width), rel=1e-5)


def test_what_is_known_by_sight_is_near() -> None:
    from vadkit_evidence.appearance import Appearance

    part = Appearance(APPEARANCE.config())
    known, other = (
        np.concatenate(list(part.describe(iter(frames)))) for frames in (film(0), film(1, "noise"))
    )
    bank = part.fit(known, np.zeros(len(known), np.int64))
    near, far = (part.measure(rows, bank)["distance"] for rows in (known, other))
    assert near.max() < 1e-3 < far.min()


def test_few_objects_are_enough() -> None:
    for name in (BOX, MOTION, APPEARANCE):
        part = Registry((*_plugins(),)).create("evidence", name.name, {})
        rows = np.concatenate(list(part.describe(iter(film(0)[:1]))))
        values = part.measure(rows, part.fit(rows, np.zeros(len(rows), np.int64)))
        assert all(np.isfinite(value).all() for value in values.values())


def _plugins():
    from vadkit.registry.discovery import installed_plugins

    return installed_plugins()


def test_who_walks_where_nobody_walked_is_far_from_all_places() -> None:
    part = Motion(MOTION.config())
    usual = np.concatenate(list(part.describe(iter(moving(2)))))
    bank = part.fit(usual, np.zeros(len(usual), np.int64))
    elsewhere = usual + np.float32(
        [0, 0, 0, 0, 3 * SIDE * 400 / WIDTH, *[0] * 10]
    )  # three heights below
    values = part.measure(elsewhere, bank)
    assert values["place"].min() > 2.5
    assert values["speed"].tolist() == usual[:, 0].tolist()
    still = usual * np.float32([0, *[1] * 14])
    assert part.measure(still, bank)["place"].min() > 2 * np.log1p(usual[:, 0].min()) - 0.01


def test_who_has_come_from_somewhere_is_known_when_it_stands() -> None:
    there = moving(3, frames=6)
    back = [replace(of, frame=replace(of.frame, index=6 + n)) for n, of in enumerate(there[::-1])]
    last = [replace(back[-1], frame=replace(of.frame, index=12 + n)) for n, of in enumerate(there)]
    heights = measured([*there, *back, *last])["roamed"] * SIDE
    assert heights.tolist() == pytest.approx([15] * 18, abs=1)


GONE = [replace(of, boxes=of.boxes[:0]) if n == 3 else of for n, of in enumerate(moving(3))]
"""Without a box in a single frame."""


def test_who_was_lost_goes_on_where_a_box_appears() -> None:
    heights = measured(GONE)["roamed"] * SIDE
    assert heights.tolist() == pytest.approx([6, 6, 6, 27, 30, *[33] * 6], abs=1)


def test_who_was_lost_long_ago_has_come_from_nowhere() -> None:
    heights = measured(GONE, memory=0)["roamed"] * SIDE
    assert heights.tolist() == pytest.approx([6, 6, 6, 15, 18, *[21] * 6], abs=1)

from __future__ import annotations

import numpy as np

from vadkit.data.annotations.mask_tracks import derive_tracks


def mask(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    drawn = np.zeros((30, 40), bool)
    for x1, y1, x2, y2 in boxes:
        drawn[y1:y2, x1:x2] = True
    return drawn


def rows(track) -> list[tuple[int, list[int]]]:
    return list(zip(track.frames.tolist(), track.boxes.astype(int).tolist(), strict=True))


def test_two_that_walk_are_two_tracks() -> None:
    masks = [mask((t, 2, t + 6, 10), (30 - t, 18, 36 - t, 28)) for t in range(5)]
    one, other = derive_tracks(masks)
    assert rows(one) == [(t, [t, 2, t + 6, 10]) for t in range(5)]
    assert rows(other) == [(t, [30 - t, 18, 36 - t, 28]) for t in range(5)]
    assert one.kind == "anomaly"


def test_who_was_away_begins_anew() -> None:
    masks = [mask((5, 5, 9, 9)), mask(), mask((5, 5, 9, 9))]
    assert [rows(track) for track in derive_tracks(masks)] == [
        [(0, [5, 5, 9, 9])],
        [(2, [5, 5, 9, 9])],
    ]


def test_a_region_that_splits_leaves_its_track_to_the_larger_share() -> None:
    masks = [mask((0, 0, 20, 10)), mask((0, 0, 6, 10), (8, 0, 20, 10))]
    first, second = derive_tracks(masks)
    assert rows(first) == [(0, [0, 0, 20, 10]), (1, [8, 0, 20, 10])]
    assert rows(second) == [(1, [0, 0, 6, 10])]


def test_corners_that_touch_are_one_region() -> None:
    assert len(derive_tracks([mask((0, 0, 5, 5), (5, 5, 9, 9))])) == 1


def test_nothing_is_no_track() -> None:
    assert derive_tracks([mask(), mask()]) == []
    assert derive_tracks([]) == []

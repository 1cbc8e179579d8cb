"""Where a whole frame is unusual, from its error map."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vadkit.data.units import Units
from vadkit.scoring.localization import ErrorMaps, connected_regions

SIZE = (20, 40)


def bumps(*places: tuple[slice, slice, float]) -> np.ndarray:
    errors = np.full(SIZE, 0.01, np.float32)
    for rows, columns, value in places:
        errors[rows, columns] = value
    return errors


def test_a_region_is_where_errors_are_near_the_greatest() -> None:
    two = bumps((slice(5, 15), slice(4, 12), 1.0), (slice(2, 8), slice(20, 30), 0.8))
    boxes, means = connected_regions(two)
    found = (boxes * np.array([40, 20, 40, 20])).tolist()
    assert found == [[20, 2, 30, 8], [4, 5, 12, 15]]
    assert means[1] > means[0] > 0.6
    faint = bumps((slice(5, 15), slice(4, 12), 1.0), (slice(2, 8), slice(20, 30), 0.3))
    assert len(connected_regions(faint)[0]) == 1


def test_regions_that_touch_at_a_corner_are_one() -> None:
    touching = bumps((slice(2, 8), slice(2, 8), 1.0), (slice(8, 14), slice(8, 14), 1.0))
    assert len(connected_regions(touching)[0]) == 1


def test_an_error_free_frame_has_no_region() -> None:
    boxes, means = connected_regions(np.zeros(SIZE, np.float32))
    assert (boxes.shape, means.shape) == ((0, 4), (0,))


def units() -> Units:
    """Three frames of two videos of other sizes than the maps."""
    return Units(
        videos=("a", "none", "b"),
        lengths=np.array([2, 0, 1]),
        sizes=np.array([[200, 400], [1, 1], [100, 200]]),
        video=np.array([0, 0, 2]),
        frame=np.array([0, 1, 0]),
        boxes=np.zeros((3, 5), np.float32),
    )


def test_regions_are_placed_in_their_video_whatever_the_batches() -> None:
    one = bumps((slice(4, 10), slice(8, 16), 1.0))
    maps = torch.from_numpy(np.stack([one, 3 * one, one]))
    together, apart = ErrorMaps(), ErrorMaps()
    together.see("t.error", maps)
    for part in maps.split(1):
        apart.see("t.error", part)
    found = together.detections(units(), {"t.error": 1.0})
    assert list(found) == ["a", "none", "b"]
    assert found["a"].frame.tolist() == [0, 1]
    assert found["a"].boxes[0].tolist() == [80, 40, 160, 100]
    assert found["b"].boxes[0].tolist() == [40, 20, 80, 50]
    assert len(found["none"].frame) == 0
    assert found["a"].score[1] == pytest.approx(3 * found["a"].score[0])
    again = apart.detections(units(), {"t.error": 1.0})
    assert all(np.array_equal(found[v].score, again[v].score) for v in found)


def test_scores_of_any_scale_count_alike_and_by_their_weight() -> None:
    one = torch.from_numpy(np.stack([bumps((slice(4, 10), slice(8, 16), 1.0))] * 3))
    maps = ErrorMaps()
    maps.see("small.error", one / 1000)
    maps.see("large.error", one * 1000)
    found = maps.detections(units(), {"small.error": 1.0, "large.error": 2.0})["b"]
    assert found.score[1] == pytest.approx(2 * found.score[0], rel=1e-5)
    assert maps.detections(units(), {"other.error": 1.0}) == {}

"""People who move as one region are told apart, and one person is not cut."""

from __future__ import annotations

import numpy as np
from vadkit_detectors import MotionConfig
from vadkit_detectors.groups import cuts, split_groups
from vadkit_detectors.regions import find_regions

VALLEY = MotionConfig().split


def person(image: np.ndarray, left: int, top: int, height: int) -> None:
    """A head on a body on two legs, a third as wide as high."""
    width = height // 3
    image[top : top + height // 6, left + width // 3 : left + 2 * width // 3] = 1
    image[top + height // 6 : top + height // 2, left : left + width] = 1
    image[top + height // 2 : top + height, left : left + width // 3] = 1
    image[top + height // 2 : top + height, left + 2 * width // 3 : left + width] = 1


def found(image: np.ndarray) -> list[list[float]]:
    regions = find_regions(image, 0.0125)
    return sorted(split_groups(regions, regions.large(1), VALLEY)[:, :4].tolist())


def test_two_people_side_by_side_are_two_boxes() -> None:
    image = np.zeros((120, 160), np.uint8)
    person(image, 40, 30, 60)
    person(image, 64, 34, 60)
    image[50:54, 60:64] = 1  # they hold hands
    (left, top, right, bottom), second = found(image)
    assert (left, top, bottom) == (40, 30, 90)
    assert 60 <= right <= 64
    assert second[1:] == [34, 84, 94]


def test_three_people_are_three_boxes() -> None:
    image = np.zeros((120, 160), np.uint8)
    for left in (30, 56, 82):
        person(image, left, 30, 60)
    image[50:54, 30:102] = 1
    assert len(found(image)) == 3


def test_one_person_and_what_is_low_beside_are_one() -> None:
    image = np.zeros((120, 160), np.uint8)
    image[30:90, 40:58] = 1
    assert len(found(image)) == 1
    image[66:90, 62:84] = 1  # a cart
    image[66:70, 58:62] = 1
    assert found(image) == [[40, 30, 84, 90]]


def test_a_narrow_region_is_not_cut() -> None:
    assert cuts(np.ones((60, 6), np.bool_), VALLEY) == []

"""Rims of objects found before are none of their own, and pieces of a broken object are one."""

from __future__ import annotations

import numpy as np
import pytest
from vadkit_detectors.fragments import joined_pieces, remainders
from vadkit_detectors.regions import blacked_out, box_rows, find_regions

CLOSING = 0.0125


def scene(*rectangles: tuple[int, int, int, int]) -> np.ndarray:
    moving = np.zeros((120, 160), np.uint8)
    for left, top, right, bottom in rectangles:
        moving[top:bottom, left:right] = 1
    return moving


def left_over(moving: np.ndarray, *boxes: tuple[int, int, int, int]) -> list[list[float]]:
    """Boxes of what is an object beside those that were found."""
    before = box_rows(*zip(*boxes, strict=True))
    whole, rest = (find_regions(image, CLOSING) for image in (moving, blacked_out(moving, before)))
    held = blacked_out(np.ones_like(moving), before) == 0
    numbers = np.flatnonzero(~remainders(rest, whole, held)[1:]) + 1
    return rest.boxes(numbers)[:, :4].tolist()


def test_a_rim_around_a_box_is_no_object_and_what_stands_apart_is() -> None:
    person, paper = (40, 20, 60, 80), (100, 70, 110, 78)
    assert left_over(scene(person, paper), (44, 20, 60, 80)) == [list(map(float, paper))]


def test_a_second_person_who_touches_the_first_stays() -> None:
    moving = scene((40, 20, 60, 80), (60, 22, 80, 80))
    assert left_over(moving, (40, 20, 60, 80)) == [[60, 22, 80, 80]]


def test_what_no_box_holds_stays() -> None:
    moving = scene((40, 20, 60, 80))
    assert left_over(moving, (100, 20, 120, 80)) == [[40, 20, 60, 80]]


def test_pieces_that_stand_on_each_other_are_one_object() -> None:
    head, body, legs = [41, 20, 49, 30, 1], [38, 32, 52, 60, 1], [40, 66, 51, 95, 1]
    joined = joined_pieces(np.array([head, legs, body], np.float32))
    assert joined.tolist() == [[38, 20, 52, 95, 1]]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param([60, 20, 74, 60, 1], id="beside it"),
        pytest.param([47, 62, 75, 95, 1], id="under it, but to a side"),
        pytest.param([38, 67, 52, 87, 1], id="farther below than a quarter of its height"),
        pytest.param([40, 30, 56, 80, 1], id="before it, nearer to the camera"),
    ],
)
def test_what_stands_elsewhere_is_another_object(other: list[float]) -> None:
    boxes = np.array([[38, 20, 52, 60, 1], other], np.float32)
    assert joined_pieces(boxes).tolist() == boxes.tolist()


def test_without_boxes_there_is_nothing_to_join() -> None:
    assert joined_pieces(np.empty((0, 5), np.float32)).shape == (0, 5)

"""The timeline by itself: stamps that are missing, out of order or jump, and what is lost."""

from __future__ import annotations

import numpy as np
import pytest

from vadkit.data.video.timestamps import Timeline

pytestmark = pytest.mark.edges


def timeline(*, counted=False):
    return Timeline(0.1, 1, counted)


def place(line, stamps, damaged=()):
    """Where frames lie, that come in the order of their packets; some of these are damaged."""
    placed = []
    for index, stamp in enumerate(stamps):
        noted = line.packet(stamp, 1)
        if index in damaged:
            line.damage(noted)
        else:
            placed.append(line.place(stamp))
    return placed


@pytest.mark.parametrize(
    ("stamps", "times", "restarts"),
    [([5, 6, 6, 7], [0, 0.1, 0.2, 0.3], [1]),
     ([5, 6, 2, 8], [0, 0.1, 0.2, 0.3], [1]),
     ([5, 6, 8, 1, 3, 4], [0, 0.1, 0.3, 0.4, 0.6, 0.7], [2])],
)  # fmt: skip
def test_where_the_clock_goes_back_frames_follow_one_another(stamps, times, restarts):
    line = timeline()
    assert np.allclose(place(line, stamps), np.array(times)[:, None])
    assert line.restarts[:1] == restarts


@pytest.mark.parametrize("stamps", [[5, 6, None, 8], [5, None, None, 8]])
def test_a_frame_without_a_stamp_follows_the_one_before(stamps):
    line = timeline()
    assert np.allclose(place(line, stamps), [[0], [0.1], [0.2], [0.3]])
    assert line.unstamped == stamps.count(None)
    assert line.restarts == []


def test_a_gap_is_not_filled_and_a_long_one_is_a_jump_of_the_clock():
    line = timeline()
    placed = place(line, [0, 1, 2, 6, 7, 50, 51])
    assert np.allclose(placed, np.array([[0], [1], [2], [6], [7], [50], [51]]) / 10)
    assert line.jumps == {4: pytest.approx(4.3)}


def test_a_jump_is_long_beside_the_usual_step():
    slow = Timeline(1, 20, counted=False)
    place(slow, [0, 20, 40, 90, 110, 400, 420])
    assert slow.jumps == {4: 290}


def test_a_damaged_packet_is_filled_where_its_stamp_is():
    line = timeline()
    placed = place(line, [0, 3, 7, 9, 10], damaged=[2])
    assert [len(step) for step in placed] == [1, 1, 2, 1]
    assert np.allclose(placed[2], [0.7, 0.9])
    assert line.tail() == []


def test_damaged_packets_at_both_ends_are_filled():
    line = timeline()
    placed = place(line, [4, 5, 6, 7], damaged=[0, 3])
    assert np.allclose(placed[0], [0, 0.1])
    assert np.allclose(line.tail(), [0.3])


@pytest.mark.parametrize("damaged", [0, 1])
def test_packets_that_give_no_frame_are_lost_where_something_is_damaged(damaged):
    line = timeline()
    for stamp in (1, 2, 3, 4):
        line.packet(stamp, 1)
    line.place(1)
    line.damaged = damaged
    assert [len(line.place(stamp)) for stamp in (4,)] == [3 if damaged else 1]


def test_frames_whose_packets_come_before_are_not_lost():
    line = timeline()
    for stamp in (1, 4, 3, 5, 2):
        line.packet(stamp, 1)
    assert [len(line.place(stamp)) for stamp in (1, 2, 3, 4, 5)] == [1] * 5


def test_packets_before_the_first_frame_are_counted():
    line = timeline()
    for stamp in (1, 2, 3, 5, 4):
        line.packet(stamp, 1)
    assert line.place(3) == [0]
    assert line.unshown == 2


def test_where_packets_count_the_frames_a_gap_between_them_is_filled():
    line = timeline(counted=True)
    placed = place(line, [2, 3, 6], damaged=[1])
    assert np.allclose(placed[0], [0, 0.1, 0.2])
    assert np.allclose(placed[1], [0.3, 0.4, 0.5, 0.6])


def test_a_run_of_empty_packets_without_end_is_none():
    line = timeline(counted=True)
    assert [len(step) for step in place(line, [0, 10**9])] == [1, 1]

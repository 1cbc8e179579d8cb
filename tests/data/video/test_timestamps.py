"""The timeline by itself: stamps that are missing, out of order or jump."""

from __future__ import annotations

import numpy as np
import pytest

from vadkit.data.video.timestamps import Timeline

pytestmark = pytest.mark.edges


def place(timeline, stamps):
    placed = []
    for stamp in stamps:
        timeline.packet(stamp)
        placed.append(timeline.place(stamp))
    return placed


@pytest.mark.parametrize("stamps", [[5, 6, 6, 7], [5, 6, None, 8], [5, 6, 2, 8], [None, 1, 2, 3]])
def test_missing_and_unordered_stamps_are_mended(stamps):
    timeline = Timeline(0.1, 1, constant=False, counted=False)
    times = [seconds for step in place(timeline, stamps) for seconds in step]
    assert len(times) == 4
    assert np.all(np.diff(times) > 0)
    assert times[0] == 0
    assert timeline.mended >= 1


def test_a_gap_at_constant_rate_is_filled_but_a_jump_of_the_clock_is_not():
    timeline = Timeline(0.1, 1, constant=True, counted=False)
    placed = place(timeline, [0, 1, 4, 100_000])
    assert [len(step) for step in placed] == [1, 1, 3, 1]
    assert np.allclose(placed[2], [0.2, 0.3, 0.4])
    assert timeline.jumps == 1


def test_frames_whose_packets_were_read_are_not_lost():
    timeline = Timeline(0.1, 1, constant=True, counted=False)
    for stamp in (1, 4, 3, 5, 2):
        timeline.packet(stamp)
    assert [len(timeline.place(stamp)) for stamp in (1, 4, 3, 5, 2)] == [1] * 5

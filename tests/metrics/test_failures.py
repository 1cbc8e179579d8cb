"""The worst misses and false alarms of scores, by hand."""

from __future__ import annotations

import numpy as np

from vadkit.metrics.failures import worst_false_alarms, worst_misses
from vadkit.metrics.frame_metrics import scored_frames

SCORES = {
    "a": np.array([0, 9, 1, 6, 8, 6, 1, 7, 0.0]),
    "b": np.array([3, 2, 5, 1, 4, 4, 1, 2, 3.0]),
}
LABELS = {
    "a": np.array([0, 1, 0, 0, 0, 0, 0, 1, 0]),
    "b": np.array([0, 0, 1, 1, 0, 0, 0, 1, 1]),
}
FRAMES = scored_frames(SCORES, LABELS)


def places(failures):
    return [(of.video, of.first, of.end, of.frame, of.score) for of in failures]


def test_misses_are_the_events_of_the_lowest_peaks() -> None:
    assert places(worst_misses(FRAMES))[:3] == [
        ("b", 7, 9, 8, 3),
        ("b", 2, 4, 2, 5),
        ("a", 7, 8, 7, 7),
    ]
    assert len(worst_misses(FRAMES)) == 4


def test_false_alarms_are_the_highest_normal_stretches() -> None:
    """8 at the threshold 7; 4 and 3 of b at the threshold 3."""
    assert places(worst_false_alarms(FRAMES, 10)) == [
        ("a", 4, 5, 4, 8),
        ("b", 4, 6, 4, 4),
        ("b", 0, 1, 0, 3),
    ]
    assert places(worst_false_alarms(FRAMES, 1)) == [("a", 4, 5, 4, 8)]


def test_runs_a_second_apart_are_one_failure() -> None:
    times = {video: np.arange(9) / 4 for video in SCORES}
    frames = scored_frames(SCORES, LABELS, times)
    assert [(of.first, of.end) for of in worst_misses(frames)] == [(2, 9), (7, 8), (1, 2)]
    assert places(worst_false_alarms(frames, 10)) == []


def test_a_stretch_is_shown_once_and_kept_where_it_grows_into_an_event() -> None:
    scores = {"v": np.array([9, 5, 8, 5, 4, 5, 0.0]), "w": np.array([6, 0, 3.0])}
    labels = {"v": np.array([0, 0, 0, 0, 1, 0, 0]), "w": np.array([1, 0, 1])}
    alarms = worst_false_alarms(scored_frames(scores, labels), 10)
    assert [(of.video, of.frame) for of in alarms] == [("v", 0), ("v", 2)]


def test_without_events_there_is_nothing_to_find() -> None:
    frames = scored_frames({"v": np.arange(3.0)}, {"v": np.zeros(3)})
    assert worst_misses(frames) == worst_false_alarms(frames, 10) == []

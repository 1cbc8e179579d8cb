"""False alarms an hour against a slow reference that tries every threshold, and by hand."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadkit.errors import DataError
from vadkit.metrics.alarms import false_alarms_an_hour, frame_seconds, runs
from vadkit.metrics.figures import all_figures
from vadkit.metrics.frame_metrics import evaluate, scored_frames

pytestmark = pytest.mark.edges

LEVELS = (50, 75, 90)


def judged(scores, labels, times=None):
    """Each figure of false alarms, one frame a second unless times are given."""
    timed = {video: np.arange(len(of)) for video, of in scores.items()} if times is None else times
    result = evaluate(scores, labels, timed)
    return [result[f"false_alarms_{level}"] for level in LEVELS]


def stretches(frames, times):
    """Numbers that follow each other or are at most a second apart, and those between, slowly."""
    groups = []
    for frame in frames.tolist():
        last = groups[-1][-1] if groups else -2
        if groups and (last == frame - 1 or times[frame] - times[last] <= 1):
            groups[-1].extend(range(last + 1, frame + 1))
        else:
            groups.append([frame])
    return groups


def reference(scores, labels, seconds, level):
    """As the definition says it: go down with the threshold until enough events are found."""
    times = {v: np.cumsum(of) for v, of in seconds.items()}
    events = {v: stretches(np.flatnonzero(of), times[v]) for v, of in labels.items()}
    count = sum(map(len, events.values()))
    hours = sum(seconds[v][np.asarray(of) == 0].sum() for v, of in labels.items()) / 3600
    if not count or not hours:
        return None
    for threshold in sorted(np.unique(np.concatenate([*scores.values()])), reverse=True):
        alarms = {
            v: stretches(np.flatnonzero(of >= threshold), times[v]) for v, of in scores.items()
        }
        hit = sum(scores[v][event].max() >= threshold for v in events for event in events[v])
        if 100 * hit >= level * count:
            wrong = [
                alarm
                for v in alarms
                for alarm in alarms[v]
                if not any({*event} & {*alarm} for event in events[v])
            ]
            return len(wrong) / hours
    raise AssertionError("the lowest threshold finds every event")


@st.composite
def videos(draw):
    """Some short videos with ties, and events at their ends now and then."""
    scores, labels, seconds = {}, {}, {}
    for name in "abc"[: draw(st.integers(1, 3))]:
        frames = draw(st.integers(2, 30))
        each = {"min_size": frames, "max_size": frames}
        scores[name] = np.array(draw(st.lists(st.integers(-3, 6), **each)), float)
        labels[name] = np.array(draw(st.lists(st.sampled_from([0, 0, 1]), **each)))
        seconds[name] = np.full(frames, draw(st.sampled_from([1, 0.5, 2, 0.25])))
    return scores, labels, seconds


@given(videos())
def test_it_is_what_every_threshold_says(case):
    scores, labels, seconds = case
    times = {v: np.cumsum(of) for v, of in seconds.items()}
    for level, value in zip(LEVELS, judged(scores, labels, times), strict=True):
        expected = reference(scores, labels, seconds, level)
        assert value == (None if expected is None else pytest.approx(expected))


def test_by_hand():
    """Four events of highest scores 9, 7, 5 and 3 in two videos, and 13 normal seconds."""
    scores = {
        "a": np.array([9, 0, 6, 6, 0, 7, 0, 8, 0.0]),
        "b": np.array([5, 5, 0, 4, 0, 4, 0, 2, 3.0]),
    }
    labels = {
        "a": np.array([1, 0, 0, 0, 0, 1, 0, 0, 0]),
        "b": np.array([0, 1, 0, 0, 0, 0, 0, 1, 1]),
    }
    hours = 13 / 3600
    # At 7 the 8 alone; at 5 the two of 6, too, while the first 5 of b goes on into an event; at 3
    # the two of 4 besides.
    assert judged(scores, labels) == pytest.approx([1 / hours, 2 / hours, 4 / hours])


def test_runs_a_second_apart_are_one_event_and_one_alarm():
    """Four frames a second: the piece of one frame is no event, and 9, 9 and 8 are one alarm."""
    scores, labels = {"v": np.array([5, 0, 0, 0, 1] + [0] * 9 + [9, 0, 9, 0, 0, 8, 0])}, {}
    labels["v"] = np.array([1, 0, 0, 0, 1] + [0] * 16)
    hours = 19 / 4 / 3600
    assert judged(scores, labels, {"v": np.arange(21) / 4}) == pytest.approx([1 / hours] * 3)
    assert judged(scores, labels)[2] == pytest.approx(3 / (19 / 3600))


def test_equal_scores_pass_together():
    """Both events and the normal frame reach the threshold of the first."""
    scores, labels = {"v": np.array([5, 0, 5, 0, 5.0])}, {"v": np.array([1, 0, 0, 0, 1])}
    assert judged(scores, labels) == pytest.approx([1200] * 3)


def test_one_event_has_to_be_found_at_every_level():
    scores, labels = {"v": np.array([1, 0, 2, 0, 3.0])}, {"v": np.array([0, 0, 1, 0, 0])}
    assert judged(scores, labels) == pytest.approx([900] * 3)


def test_a_long_alarm_that_touches_an_event_is_not_false():
    scores, labels = {"v": np.array([2, 2, 1, 2, 0.0])}, {"v": np.array([0, 0, 1, 0, 0])}
    assert judged(scores, labels) == [0] * 3


def test_an_alarm_does_not_go_on_in_the_next_video():
    scores = {"a": np.array([0, 1, 1.0]), "b": np.array([1, 1, 0.0])}
    labels = {"a": np.array([0, 0, 0]), "b": np.array([1, 0, 0])}
    assert judged(scores, labels) == pytest.approx([720] * 3)


@pytest.mark.parametrize("label", [0, 1])
def test_without_events_or_normal_frames_it_is_undefined(label):
    assert judged({"v": np.array([1, 2.0])}, {"v": np.full(2, label)}) == [None] * 3


@pytest.mark.parametrize("bad", [np.full(4, np.nan), np.zeros(4), np.array([0, 2, 1, 3.0])])
def test_a_video_without_times_is_named_and_nothing_is_guessed(bad):
    scores = {"timed": np.arange(4.0), "folder": np.arange(4.0)}
    labels = {video: np.array([0, 0, 1, 0]) for video in scores}
    result = evaluate(scores, labels, {"timed": np.arange(4) / 25, "folder": bad})
    assert [result[f"false_alarms_{level}"] for level in LEVELS] == [None] * 3
    assert result["notes"] == [
        "false alarms an hour are undefined: no times of frames, in 1 video (folder)"
    ]
    assert result["auc"]["micro"] is not None


def test_times_may_be_uneven():
    assert frame_seconds(np.array([0, 1, 3.0])).tolist() == [1, 2, 2]
    assert np.isnan(frame_seconds(np.array([7.0]))).all()
    assert frame_seconds(np.array([])).tolist() == []


def test_runs_reach_both_ends():
    assert runs(np.array([1, 1, 0, 0, 1])).tolist() == [[0, 2], [4, 5]]
    assert runs(np.zeros(3)).tolist() == []


def test_it_is_quick_on_many_frames():
    rng, frames = np.random.default_rng(0), 1_000_000
    labels = {"v": np.repeat(rng.integers(0, 2, frames // 10), 10)}
    table = scored_frames({"v": rng.normal(size=frames)}, labels, {"v": np.arange(frames) / 25})
    started = time.perf_counter()
    assert false_alarms_an_hour(table, 50) > 0
    assert time.perf_counter() - started < 10


def test_lower_is_better_and_it_is_no_share():
    figures = [of for name, of in all_figures().items() if name.startswith("FA/h")]
    assert [figure.key for figure in figures] == [f"false_alarms_{level}" for level in LEVELS]
    assert not any(figure.higher_is_better or figure.percent for figure in figures)


def test_times_of_another_length_are_refused():
    with pytest.raises(DataError, match=r"v: 2 frames, times of shape \(3,\)"):
        evaluate({"v": np.arange(2.0)}, {"v": [0, 1]}, {"v": np.arange(3.0)})

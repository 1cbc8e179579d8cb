"""False alarms an hour: what it costs a guard to be told of a share of the events.

An *event* is a stretch of anomalous frames of one video, an *alarm* a stretch of frames whose score
reaches the threshold. An alarm finds each event of which it has a frame; one that touches none is
false.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.metrics.curves import Floats, ScoredFrames

_HOUR_S = 3600
GAP_S = 1.0
"""Runs no further apart are one stretch: a hole in labels or scores is no end of what happens, and
nobody is called twice within a second."""


def runs(mask: NDArray[Any]) -> NDArray[np.int64]:
    """(k, 2) first frame of each run of frames that are true, and the first frame after it."""
    edges = np.diff(np.concatenate([[0], np.asarray(mask, np.int8), [0]]))
    return np.flatnonzero(edges).reshape(-1, 2)


def stretches(mask: NDArray[Any], times: Floats) -> NDArray[np.int64]:
    """(k, 2) the runs, those that are at most `GAP_S` apart as one; no two where times are NaN."""
    firsts, ends = runs(mask).T
    apart = ~(times[firsts[1:]] - times[ends[:-1] - 1] <= GAP_S)
    begins, is_last = (np.append(*of)[: len(ends)] for of in ((True, apart), (apart, True)))
    return np.stack([firsts[begins], ends[is_last]], axis=1)


def frame_seconds(times: Floats) -> Floats:
    """(frames,) how long each frame is shown, the last as long as the one before.

    NaN where that is not known: a time is NaN, times do not rise, or there is but one.
    """
    steps = np.diff(times)
    if not len(steps) or not (steps > 0).all():
        return np.full(len(times), np.nan)
    return np.append(steps, steps[-1])


def threshold_of_recall(frames: ScoredFrames, percent: int) -> float | None:
    """The highest threshold at which so many of 100 events are found; None without an event.

    An event is found as soon as its highest score reaches the threshold, so there is nothing to
    search: of n events, the threshold is the highest score of the one in place n * percent / 100.
    """
    peaks = [
        scores[first:end].max()
        for video, scores in frames.scores.items()
        for first, end in stretches(frames.labels[video], frames.times[video])
    ]
    if not peaks:
        return None
    enough = -(-percent * len(peaks) // 100)  # rounded up, in whole numbers
    return float(np.sort(peaks)[-max(enough, 1)])


def false_alarms(frames: ScoredFrames, video: str, threshold: float) -> NDArray[np.int64]:
    """(k, 2) the alarms of a video that touch no event, as `stretches` has them."""
    times = frames.times[video]
    alarms = stretches(frames.scores[video] >= threshold, times)
    firsts, ends = stretches(frames.labels[video], times).T
    # An event touches an alarm if it begins before the alarm's end, and ends after its beginning.
    begun, over = (
        np.searchsorted(firsts, alarms[:, 1]),
        np.searchsorted(ends, alarms[:, 0], "right"),
    )
    return alarms[begun == over]


def false_alarms_an_hour(frames: ScoredFrames, percent: int) -> float | None:
    """False alarms an hour of normal frames, at the highest threshold that finds enough events.

    Args:
        frames: With their times.
        percent: How many of 100 events have to be found.

    Returns:
        None without an event or a normal frame, or where a video's times are not known.
    """
    threshold = threshold_of_recall(frames, percent)
    normal_s = sum(
        float(frame_seconds(frames.times[v])[~of].sum()) for v, of in frames.labels.items()
    )
    if threshold is None or not normal_s > 0:  # also where it is NaN
        return None
    count = sum(len(false_alarms(frames, video, threshold)) for video in frames.scores)
    return count / (normal_s / _HOUR_S)

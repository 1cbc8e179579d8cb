"""False alarms an hour: what it costs a guard to be told of a share of the events.

An *event* is a run of anomalous frames of one video, an *alarm* a run of frames whose score reaches
the threshold. An alarm finds each event of which it has a frame; one that finds none is false.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.metrics.curves import Floats, ScoredFrames

_HOUR_S = 3600


def runs(mask: NDArray[Any]) -> NDArray[np.int64]:
    """(k, 2) first frame of each run of frames that are true, and the first frame after it."""
    edges = np.diff(np.concatenate([[0], np.asarray(mask, np.int8), [0]]))
    return np.flatnonzero(edges).reshape(-1, 2)


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
        for first, end in runs(frames.labels[video])
    ]
    if not peaks:
        return None
    enough = -(-percent * len(peaks) // 100)  # rounded up, in whole numbers
    return float(np.sort(peaks)[-max(enough, 1)])


def false_alarms(scores: Floats, labels: NDArray[np.bool_], threshold: float) -> NDArray[np.int64]:
    """(k, 2) the alarms of a video that touch no anomalous frame, as `runs` has them."""
    alarms = runs(scores >= threshold)
    anomalous = np.append(0, np.cumsum(labels))
    return alarms[anomalous[alarms[:, 1]] == anomalous[alarms[:, 0]]]


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
    count = sum(len(false_alarms(s, frames.labels[v], threshold)) for v, s in frames.scores.items())
    return count / (normal_s / _HOUR_S)

"""Curves over a threshold and the areas under them: ROC, EER, AP, found regions.

An anomalous frame is the positive class (label 1), and a higher score is more anomalous. Where a
number is not defined, because there is only one class, it is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Roc:
    """A ROC curve in counts; frames of equal score pass the threshold together."""

    false_alarms: NDArray[np.int64]
    """(K,) normal frames above each threshold, from 0 to all of them."""
    hits: NDArray[np.int64]
    """(K,) anomalous frames above each threshold, from 0 to all of them."""

    @property
    def one_class(self) -> bool:
        return self.false_alarms[-1] == 0 or self.hits[-1] == 0


def roc(scores: ArrayLike, labels: ArrayLike) -> Roc:
    """Count false alarms and hits at every threshold.

    Args:
        scores: (N,) finite numbers.
        labels: (N,) of 0 and 1.
    """
    score, label = np.asarray(scores, dtype=np.float64), np.asarray(labels).astype(bool)
    order = np.argsort(-score, kind="stable")
    score, label = score[order], label[order]
    last = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)  # of each run of ties
    hits, above = np.cumsum(label)[last], last + 1
    return Roc(np.append(0, above - hits), np.append(0, hits))


def auc(scores: ArrayLike, labels: ArrayLike) -> float | None:
    """Area under the ROC curve; ties count half (Mann-Whitney). None with one class only."""
    curve = roc(scores, labels)
    if curve.one_class:
        return None
    heights = curve.hits[1:] + curve.hits[:-1]
    twice = int(np.sum(np.diff(curve.false_alarms) * heights))  # whole numbers: no rounding
    return twice / (2 * int(curve.false_alarms[-1]) * int(curve.hits[-1]))


def equal_error_rate(scores: ArrayLike, labels: ArrayLike) -> float | None:
    """Rate at which false alarms equal misses, on the straight line between two thresholds."""
    curve = roc(scores, labels)
    if curve.one_class:
        return None
    alarms = curve.false_alarms / curve.false_alarms[-1]
    excess = alarms - (1 - curve.hits / curve.hits[-1])  # from -1 up to 1
    right = int(np.argmax(excess >= 0))
    share = excess[right - 1] / (excess[right - 1] - excess[right])
    return float(alarms[right - 1] + share * (alarms[right] - alarms[right - 1]))


def average_precision(scores: ArrayLike, labels: ArrayLike) -> float | None:
    """Precision averaged over recall, without interpolation. None with one class only."""
    curve = roc(scores, labels)
    if curve.one_class:
        return None
    precision = curve.hits[1:] / (curve.hits[1:] + curve.false_alarms[1:])
    return float(np.sum(np.diff(curve.hits) * precision) / curve.hits[-1])


@dataclass(frozen=True)
class ScoredFrames:
    """The frames of all test videos that count, each with a finite score and a label."""

    scores: Mapping[str, Floats]
    """Video -> (frames,) higher is more anomalous."""
    labels: Mapping[str, NDArray[np.bool_]]
    """Video -> (frames,) whether the frame is anomalous; the same videos."""
    times: Mapping[str, Floats]
    """Video -> (frames,) seconds at which the frame is shown, NaN where that is not known."""

    @cached_property
    def joined(self) -> tuple[Floats, NDArray[np.bool_]]:
        """(N,) scores and labels of all videos, one after the other."""
        names = list(self.scores)
        columns = (self.scores, self.labels)
        scores, labels = (np.concatenate([column[n] for n in names]) for column in columns)
        return scores, labels

    @cached_property
    def video_aucs(self) -> dict[str, float | None]:
        """Video -> its own AUC, None where it has one class."""
        return {name: auc(scores, self.labels[name]) for name, scores in self.scores.items()}

    @property
    def one_class(self) -> bool:
        """Whether all frames are normal, or all anomalous."""
        return len(np.unique(self.joined[1])) == 1


def micro_auc(frames: ScoredFrames) -> float | None:
    """AUC of one ROC over the frames of all videos."""
    return auc(*frames.joined)


def macro_auc_skipped(frames: ScoredFrames) -> float | None:
    """Mean of the videos' own AUC; videos of one class are left out."""
    return _mean(list(frames.video_aucs.values()))


def macro_auc_padded(frames: ScoredFrames) -> float | None:
    """Mean of the videos' own AUC, each with a normal frame of score 0 and an anomalous one of 1.

    Where scores go beyond [0, 1], the lowest and the highest stand for 0 and 1, which is what
    those would be after scaling. Jigsaw-VAD, AccI-VAD and UBnormal's script pad so. It inflates:
    random scores reach 0.69 on UCSD Ped2.
    """
    if frames.one_class:
        return None  # nothing but the padding would be told apart
    scores, labels = frames.scores, frames.labels
    low, high = min(s.min() for s in scores.values()), max(s.max() for s in scores.values())
    ends = [0.0, 1.0] if min(low, 1 - high) >= 0 else [low, high]
    padded = [auc(np.append(scores[n], ends), np.append(labels[n], [0, 1])) for n in scores]
    return _mean(padded)


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


@dataclass(frozen=True)
class RegionCurves:
    """Rates at every threshold on the detections' scores, from the highest down."""

    false_positives: Floats
    """(K,) detections that overlap no region, a frame."""
    regions: Floats
    """(K,) share of the regions that are found."""
    tracks: Floats
    """(K,) share of the tracks that are found."""
    extend: bool
    """Whether a curve that ends before one false positive a frame goes on, flat, to there."""


def rbdc(curves: RegionCurves) -> float:
    """Area under the share of found regions, up to one false positive a frame."""
    return area(curves.false_positives, curves.regions, curves.extend)


def tbdc(curves: RegionCurves) -> float:
    """Area under the share of found tracks, up to one false positive a frame."""
    return area(curves.false_positives, curves.tracks, curves.extend)


def area(alarms: Floats, rates: Floats, extend: bool = True) -> float:
    """Area under a curve that begins at (0, 0), up to one false positive a frame (trapezoids)."""
    x, y = np.append(0, alarms), np.append(0, rates)
    x, y = x[x <= 1], y[: np.count_nonzero(x <= 1)]
    if extend and x[-1] < 1:
        x, y = np.append(x, 1), np.append(y, y[-1])
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))

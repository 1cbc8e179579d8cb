"""Frame-level metrics: micro and macro AUC, EER, AP. Pure NumPy, strict about what comes in.

An anomalous frame is the positive class (label 1), and a higher score is more anomalous.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadkit.errors import DataError, NumericError

ONE_CLASS = "undefined: only one class"


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
    hits, seen = np.cumsum(label)[last], last + 1
    return Roc(np.append(0, seen - hits), np.append(0, hits))


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


def evaluate(
    scores: Mapping[str, NDArray[Any]], labels: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Compare every frame's score with its label.

    `micro` is one ROC over the frames of all videos. `macro` is the mean of the videos' own AUC,
    which a video of one class does not have: `macro_skipped` leaves such videos out, and
    `macro_padded` does as the field does (Jigsaw-VAD, AccI-VAD, UBnormal's script): it adds to
    every video a normal frame of score 0 and an anomalous one of score 1, the scores of the whole
    set scaled to [0, 1] if any lies beyond. That inflates: random scores reach 0.69 on UCSD Ped2.

    Args:
        scores: Video -> (frames,) finite numbers, higher is more anomalous.
        labels: Video -> (frames,) of 0 and 1, for the same videos.

    Returns:
        A dict that JSON can hold: `auc` {micro, macro_padded, macro_skipped}, `eer`, `ap`,
        `frames`, `anomalous`, `per_video` {name: {auc, frames, anomalous}}, `one_class_videos`
        and `notes`. A value that is not defined is None, and a note says why.

    Raises:
        DataError: Videos or lengths differ, there is no frame, or a label is neither 0 nor 1.
        NumericError: A score is not finite.
    """
    names = _checked_names(scores, labels)
    score = {name: _checked_scores(name, scores[name], len(labels[name])) for name in names}
    label = {name: _checked_labels(name, labels[name]) for name in names}
    every_score, every_label = (np.concatenate([of[n] for n in names]) for of in (score, label))
    per_video = {name: _video(score[name], label[name]) for name in names}
    return {
        "auc": {
            "micro": auc(every_score, every_label),
            "macro_padded": _macro_padded(score, label),
            "macro_skipped": _mean([video["auc"] for video in per_video.values()]),
        },
        "eer": equal_error_rate(every_score, every_label),
        "ap": average_precision(every_score, every_label),
        "frames": len(every_label),
        "anomalous": int(every_label.sum()),
        "per_video": per_video,
        "one_class_videos": [name for name in names if per_video[name]["auc"] is None],
        "notes": _notes(score, label),
    }


def _video(score: NDArray[np.float64], label: NDArray[np.bool_]) -> dict[str, Any]:
    return {"auc": auc(score, label), "frames": len(label), "anomalous": int(label.sum())}


def _macro_padded(
    scores: Mapping[str, NDArray[np.float64]], labels: Mapping[str, NDArray[np.bool_]]
) -> float | None:
    if len(np.unique(np.concatenate(list(labels.values())))) == 1:
        return None  # nothing but the padding would be told apart
    low, high = min(s.min() for s in scores.values()), max(s.max() for s in scores.values())
    # Where scores go beyond [0, 1], their extremes are what 0 and 1 would be after scaling.
    ends = [0.0, 1.0] if min(low, 1 - high) >= 0 else [low, high]
    return _mean([auc(np.append(scores[n], ends), np.append(labels[n], [0, 1])) for n in scores])


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def _notes(
    scores: Mapping[str, NDArray[np.float64]], labels: Mapping[str, NDArray[np.bool_]]
) -> list[str]:
    notes = []
    one_class = [name for name, label in labels.items() if label.all() or not label.any()]
    constant = [name for name, score in scores.items() if score.min() == score.max()]
    if len(np.unique(np.concatenate(list(labels.values())))) == 1:
        notes.append(f"AUC, EER and AP are {ONE_CLASS}")
    elif one_class:
        notes.append(f"AUC is {ONE_CLASS}, in {_listed(one_class)}")
    if len(np.unique(np.concatenate(list(scores.values())))) == 1:
        notes.append("AUC says nothing: the scores are constant")
    elif constant:
        notes.append(f"AUC says nothing: the scores are constant, in {_listed(constant)}")
    return notes


def _listed(names: Sequence[str]) -> str:
    return f"{len(names)} video{'s' * (len(names) > 1)} ({', '.join(names)})"


def _checked_names(scores: Mapping[str, Any], labels: Mapping[str, Any]) -> list[str]:
    if not scores:
        raise DataError("There is nothing to evaluate: no video has scores.")
    for kind, missing in (
        ("labels", sorted(scores.keys() - labels.keys())),
        ("scores", sorted(labels.keys() - scores.keys())),
    ):
        if missing:
            raise DataError(
                f"No {kind} for {_listed(missing)}.",
                "Metrics over part of a test set are not comparable: bring scores and labels of "
                "the same videos.",
            )
    return list(scores)


def _checked_scores(video: str, scores: NDArray[Any], frames: int) -> NDArray[np.float64]:
    score = np.asarray(scores, dtype=np.float64)
    if score.ndim != 1:
        raise DataError(f"{video}: scores of shape {score.shape}.", "They are one for each frame.")
    if len(score) != frames:
        raise DataError(
            f"{video}: {len(score)} frames, {frames} labels.",
            "Every frame needs one score and one label.",
        )
    if frames == 0:
        raise DataError(f"{video} has no frames.", "Leave it out of the test set.")
    if not np.isfinite(score).all():
        frame = int(np.argmin(np.isfinite(score)))
        raise NumericError(
            f"{video}: the score of frame {frame} is {score[frame]}.",
            "Metrics are not computed over scores that are not finite.",
        )
    return score


def _checked_labels(video: str, labels: NDArray[Any]) -> NDArray[np.bool_]:
    label = np.asarray(labels)
    hint = "A label is 0 (normal) or 1 (anomalous), one for each frame."
    if label.ndim != 1:
        raise DataError(f"{video}: the labels have shape {label.shape}.", hint)
    wrong = np.flatnonzero((label != 0) & (label != 1))
    if len(wrong):
        raise DataError(f"{video}: the labels hold {label[wrong[0]]} (frame {wrong[0]}).", hint)
    return label.astype(bool)

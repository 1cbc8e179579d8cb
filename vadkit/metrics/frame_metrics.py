"""Frame-level figures of test videos. Pure NumPy, strict about what comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.errors import DataError, NumericError
from vadkit.metrics.alarms import frame_seconds
from vadkit.metrics.curves import ScoredFrames
from vadkit.metrics.figures import Tree, frame_figures, judge_frames

ONE_CLASS = "undefined: only one class"


def evaluate(
    scores: Mapping[str, NDArray[Any]],
    labels: Mapping[str, NDArray[Any]],
    times: Mapping[str, NDArray[Any]] | None = None,
) -> dict[str, Any]:
    """Compare every frame's score with its label.

    Args:
        scores: Video -> (frames,) finite numbers, higher is more anomalous.
        labels: Video -> (frames,) of 0 and 1, for the same videos.
        times: Video -> (frames,) seconds at which frames are shown; where they are not known of
            each video, nothing is said of an hour.

    Returns:
        A dict that JSON can hold: every figure of frames in `figures.FIGURES` (`auc` {micro,
        macro_padded, macro_skipped}, `eer`, ...), `frames`, `anomalous`, `per_video` {name: {auc,
        frames, anomalous}}, `one_class_videos` and `notes`. A value that is not defined is None,
        and a note says why.

    Raises:
        DataError: Videos or lengths differ, there is no frame, or a label is neither 0 nor 1.
        NumericError: A score is not finite.
    """
    frames = scored_frames(scores, labels, times)
    per_video = {
        name: {"auc": auc, **_counts(frames.labels[name])}
        for name, auc in frames.video_aucs.items()
    }
    tree = judge_frames(frames)
    return {
        **tree,
        **_counts(frames.joined[1]),
        "per_video": per_video,
        "one_class_videos": [name for name in per_video if per_video[name]["auc"] is None],
        "notes": _notes(frames, tree),
    }


def scored_frames(
    scores: Mapping[str, NDArray[Any]],
    labels: Mapping[str, NDArray[Any]],
    times: Mapping[str, NDArray[Any]] | None = None,
) -> ScoredFrames:
    """Check scores and labels, and put them side by side; it raises what `evaluate` does."""
    names = _checked_names(scores, labels)
    return ScoredFrames(
        {name: _checked_scores(name, scores[name], len(labels[name])) for name in names},
        {name: _checked_labels(name, labels[name]) for name in names},
        {name: _checked_times(name, (times or {}).get(name), len(labels[name])) for name in names},
    )


def _counts(labels: NDArray[np.bool_]) -> dict[str, int]:
    return {"frames": len(labels), "anomalous": int(labels.sum())}


def _notes(frames: ScoredFrames, tree: Tree) -> list[str]:
    notes = []
    scores, labels = frames.scores, frames.labels
    one_class = [name for name, label in labels.items() if label.all() or not label.any()]
    constant = [name for name, score in scores.items() if score.min() == score.max()]
    if frames.one_class:
        undefined = [figure.name for figure in frame_figures() if figure.value(tree) is None]
        notes.append(f"{'; '.join(undefined)} are {ONE_CLASS}")
    elif one_class:
        notes.append(f"AUC is {ONE_CLASS}, in {_listed(one_class)}")
    if len(np.unique(frames.joined[0])) == 1:
        notes.append("AUC says nothing: the scores are constant")
    elif constant:
        notes.append(f"AUC says nothing: the scores are constant, in {_listed(constant)}")
    untimed = [name for name, times in frames.times.items() if np.isnan(frame_seconds(times)).any()]
    if untimed and not frames.one_class:
        missing = f"no times of frames, in {_listed(untimed)}"
        notes.append(f"false alarms an hour are undefined: {missing}")
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


def _checked_times(video: str, times: NDArray[Any] | None, frames: int) -> NDArray[np.float64]:
    seconds = np.full(frames, np.nan) if times is None else np.asarray(times, np.float64)
    if seconds.shape != (frames,):
        raise DataError(
            f"{video}: {frames} frames, times of shape {seconds.shape}.", "Every frame has one."
        )
    return seconds


def _checked_labels(video: str, labels: NDArray[Any]) -> NDArray[np.bool_]:
    label = np.asarray(labels)
    hint = "A label is 0 (normal) or 1 (anomalous), one for each frame."
    if label.ndim != 1:
        raise DataError(f"{video}: the labels have shape {label.shape}.", hint)
    wrong = np.flatnonzero((label != 0) & (label != 1))
    if len(wrong):
        raise DataError(f"{video}: the labels hold {label[wrong[0]]} (frame {wrong[0]}).", hint)
    return label.astype(bool)

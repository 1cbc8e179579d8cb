"""How far AUCs move when the test set is drawn anew from its own videos (bootstrap)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.metrics.curves import auc


def auc_intervals(
    scores: Mapping[str, NDArray[Any]],
    labels: Mapping[str, NDArray[Any]],
    *,
    level: float = 0.95,
    rounds: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """How far AUCs move when the test set is drawn anew from its own videos (bootstrap).

    A test set of a dozen videos says less than its thousands of frames suggest: frames of one
    video are alike, so whole videos are drawn, with replacement. Percentiles of what comes out;
    draws with one class only are left out.

    Args:
        scores: Video -> (frames,), as `evaluate` takes them.
        labels: Video -> (frames,) of 0 and 1.
        level: Share of the draws between the two ends.
        rounds: Draws.
        seed: Of the draws.

    Returns:
        `micro` and `macro_skipped`, each [low, high] or None, with `level`, `rounds`, `videos`.
    """
    drawn = _drawn(scores, labels, _draws(len(scores), rounds, seed))
    ends = {kind: _middle(values, level) for kind, values in drawn.items()}
    return {**ends, "level": level, "rounds": rounds, "videos": len(scores)}


def auc_difference_intervals(
    scores: Mapping[str, NDArray[Any]],
    others: Mapping[str, NDArray[Any]],
    labels: Mapping[str, NDArray[Any]],
    *,
    level: float = 0.95,
    rounds: int = 1000,
    seed: int = 0,
) -> dict[str, list[float] | None]:
    """How far the difference of two models' AUCs moves when both get the same drawn videos.

    What is hard or easy in a video is so for both, so this says more than two intervals. Arguments
    are those of `auc_intervals`; `others` are held against `scores`.

    Returns:
        `micro` and `macro_skipped` of the others minus the first, each [low, high] or None.
    """
    names, counts = list(scores), _draws(len(scores), rounds, seed)
    drawn = [
        _drawn({name: model[name] for name in names}, labels, counts) for model in (scores, others)
    ]
    return {kind: _middle(drawn[1][kind] - drawn[0][kind], level) for kind in drawn[0]}


def _drawn(
    scores: Mapping[str, NDArray[Any]],
    labels: Mapping[str, NDArray[Any]],
    counts: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    """(rounds,) of each AUC."""
    video_aucs = np.array([auc(scores[name], labels[name]) for name in scores], dtype=np.float64)
    return {
        "micro": _drawn_micro(scores, labels, counts),
        "macro_skipped": _drawn_macro(video_aucs, counts),
    }


def _draws(videos: int, rounds: int, seed: int) -> NDArray[np.int64]:
    """(rounds, videos) how often each video is drawn."""
    drawn = np.random.default_rng(seed).integers(0, videos, (rounds, videos))
    return np.stack([np.bincount(row, minlength=videos) for row in drawn])


def _drawn_micro(
    scores: Mapping[str, NDArray[Any]],
    labels: Mapping[str, NDArray[Any]],
    counts: NDArray[np.int64],
) -> NDArray[np.float64]:
    """(rounds,) micro AUC of each draw, NaN with one class; frames count as often as drawn."""
    score = np.concatenate([np.asarray(frames, np.float64) for frames in scores.values()])
    label = np.concatenate([np.asarray(labels[name]) for name in scores]).astype(bool)
    video = np.repeat(np.arange(len(scores)), [len(frames) for frames in scores.values()])
    order = np.argsort(-score, kind="stable")
    label, video = label[order], video[order]
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)  # of each run of ties
    return np.array([_weighed_auc(draw[video], label, last) for draw in counts])


def _weighed_auc(
    weight: NDArray[np.int64], label: NDArray[np.bool_], last: NDArray[np.int64]
) -> float:
    """AUC of sorted frames that count so often each."""
    hits = np.append(0, np.cumsum(weight * label)[last])
    alarms = np.append(0, np.cumsum(weight * ~label)[last])
    if not hits[-1] * alarms[-1]:
        return float("nan")
    return float(np.sum(np.diff(alarms) * (hits[1:] + hits[:-1])) / (2 * hits[-1] * alarms[-1]))


def _drawn_macro(video_aucs: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """(rounds,) mean of the drawn videos' own AUC, those of one class left out."""
    defined = np.isfinite(video_aucs)
    drawn = counts[:, defined]
    total = drawn.sum(axis=1)
    sums = drawn @ video_aucs[defined]
    return np.divide(sums, total, out=np.full(len(counts), np.nan), where=total > 0)


def _middle(values: NDArray[np.float64], level: float) -> list[float] | None:
    defined = values[np.isfinite(values)]
    if not len(defined):
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return [float(low), float(high)]

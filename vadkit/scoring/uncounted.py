"""Frames of anybody's scores and labels that do not count: those without a score or a label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
"""Video -> (frames,)."""


def with_ends(scores: Arrays) -> dict[str, NDArray[np.float64]]:
    """The scores, where NaN at a video's beginning and end repeats the nearest score.

    Many methods have none for their first frames. NaN between scores stays, and is refused later.
    """
    return {video: _with_ends(np.asarray(of, np.float64)) for video, of in scores.items()}


def _with_ends(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.flatnonzero(~np.isnan(scores))
    if not len(known) or scores.ndim != 1:
        return scores
    inner = scores[known[0] : known[-1] + 1]
    return np.pad(inner, (known[0], len(scores) - 1 - known[-1]), mode="edge")


def counting(scores: Arrays, labels: Arrays) -> dict[str, NDArray[np.bool_]]:
    """Video -> (frames,) whether a frame has a score and a label; both are of the same frames."""
    return {video: ~(np.isnan(scores[video]) | np.isnan(labels[video])) for video in scores}


def counted(values: Arrays, counts: Arrays) -> dict[str, NDArray[Any]]:
    """Something of each frame of the frames that count; of videos in which any does."""
    return {video: of[counts[video]] for video, of in values.items() if counts[video].any()}


def uncounted_notes(scores: Arrays, labels: Arrays) -> list[str]:
    """How many frames do not count, in how many videos."""
    missing = {
        "no score": [np.isnan(of).sum() for of in scores.values()],
        "no label": [np.isnan(of).sum() for of in labels.values()],
    }
    return [
        f"{sum(frames)} frames in {np.count_nonzero(frames)} of {len(frames)} videos have {what}, "
        "and do not count"
        for what, frames in missing.items()
        if any(frames)
    ]

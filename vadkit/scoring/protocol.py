"""The protocol: from a score of each frame to figures that compare with others of its kind.

How the published codes do it is told in `vadkit/recipe/presets.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.frame_labels import check_length
from vadkit.errors import DataError
from vadkit.recipe import FrameProtocol
from vadkit.recipe.fingerprint import changed_keys
from vadkit.recipe.schema import Borders
from vadkit.scoring.reasons import Reason
from vadkit.scoring.smoothing import smooth
from vadkit.utils.hashing import hash_of

Floats = NDArray[np.float64]
Scores = Mapping[str, Floats]
"""Video -> (frames,) higher is more anomalous."""


@dataclass(frozen=True)
class FrameScores:
    """The scores of one video, exactly one for each frame."""

    raw: Floats
    """(frames,) before smoothing."""
    smooth: Floats
    """(frames,) after smoothing and normalisation; frames that do not count repeat the nearest."""
    reasons: tuple[Reason | None, ...] = ()
    """(frames,) why each has its raw score, None without a unit; empty without calibration, where
    scores are of several scales."""


def finish(raw: Scores, protocol: FrameProtocol) -> dict[str, FrameScores]:
    """Smooth and normalise frame scores, as the protocol says.

    Raises:
        DataError: A video has no frame that counts.
    """
    scores: Scores = bordered(raw, protocol.borders)
    for step in protocol.order:
        scores = _STEPS[step](scores, protocol)
    return {
        video: FrameScores(frames, _widened(scores[video], len(frames), protocol.borders))
        for video, frames in raw.items()
    }


def bordered(raw: Scores, borders: Borders) -> dict[str, Floats]:
    """The scores of the frames that count, those at the ends filled as the rule says."""
    parts = {video: counted(video, len(scores), borders) for video, scores in raw.items()}
    inner = {video: np.asarray(raw[video], np.float64)[part] for video, part in parts.items()}
    if borders.rule == "drop":
        return inner
    outside = {video: (part.start, len(raw[video]) - part.stop) for video, part in parts.items()}
    if borders.rule == "repeat":
        return {
            video: np.pad(frames, outside[video], mode="edge") for video, frames in inner.items()
        }
    normal = min(0.0, *(float(frames.min()) for frames in inner.values()))
    return {v: np.pad(frames, outside[v], constant_values=normal) for v, frames in inner.items()}


def counted(video: str, frames: int, borders: Borders) -> slice:
    """Which of a video's frames have a score of their own.

    Raises:
        DataError: None has.
    """
    stop = (frames - borders.last) // borders.whole * borders.whole
    if stop <= borders.first:
        raise DataError(
            f"{video} has {frames} frames, and the protocol leaves out {borders.first} at its "
            f"beginning and {frames - max(stop, 0)} at its end.",
            "Take the video out of the test set, or change `borders`.",
        )
    return slice(borders.first, stop)


CountedFrames = tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]
"""Scores and labels of the frames that count."""


def frames_that_count(
    scores: Scores, labels: Mapping[str, NDArray[Any]], borders: Borders
) -> CountedFrames:
    """Scores and labels of the frames that metrics are computed over, without those left out.

    Args:
        scores: Video -> (frames,) of the whole video, as `finish` gives them.
        labels: Video -> (frames,) of the whole video.
        borders: Which frames count.

    Raises:
        DataError: Scores and labels of a video differ in length.
    """
    for video in scores.keys() & labels.keys():
        check_length(video, len(scores[video]), len(labels[video]))
    return without_borders(scores, borders), without_borders(labels, borders)


def describe(protocol: FrameProtocol, **facts: Any) -> dict[str, Any]:
    """The protocol in full, for `metrics.json`: figures compare only where the hashes agree.

    Args:
        protocol: The recipe's part of it.
        facts: The rest, JSON values: label set, checkpoint rule.

    Returns:
        A dict that JSON can hold; `hash` is a short digest of all else in it but the preset's name
        and keys of later versions that are at their default.
    """
    fields = {name: getattr(protocol, name) for name in FrameProtocol.model_fields}
    frames = FrameProtocol.model_construct(**{**fields, "preset": None})
    decisive = changed_keys(frames, always=HASHED)
    facts_in_full = {**frames.model_dump(mode="json", exclude={"preset"}), **facts}
    named = {"preset": protocol.preset} if protocol.preset else {}
    return {**named, **facts_in_full, "hash": hash_of({**decisive, **facts}, digits=12)}


HASHED = frozenset(
    [
        "borders",
        "first",
        "last",
        "whole",
        "rule",
        "order",
        "normalise",
        "smooth",
        "kind",
        "window",
        "sigma",
        "shift",
        "ends",
        "across",
        "macro",
    ]
)
"""The protocol's keys in version 0.1, and those of its tables, which are hashed whatever they say.

A key that comes later is hashed only where it is not at its default, so published hashes stay."""


def normalised(scores: Scores, protocol: FrameProtocol) -> dict[str, Floats]:
    """Scores stretched to [0, 1]; 0 where they are all the same."""
    if protocol.normalise == "none":
        return dict(scores)
    all_scores = np.concatenate([*scores.values()])
    if protocol.normalise == "positive":
        all_scores = all_scores[all_scores > 0]
    within_video = protocol.normalise == "video"
    return {
        video: _stretched(frames, frames if within_video else all_scores)
        for video, frames in scores.items()
    }


def _smoothed(scores: Scores, protocol: FrameProtocol) -> dict[str, Floats]:
    how = protocol.smooth
    if how.across == "video":
        return {video: smooth(frames, how) for video, frames in scores.items()}
    ends = np.cumsum([len(frames) for frames in scores.values()])
    strung = smooth(np.concatenate([*scores.values()]), how)
    return dict(zip(scores, np.split(strung, ends[:-1]), strict=True))


_STEPS: dict[str, Callable[[Scores, FrameProtocol], dict[str, Floats]]] = {
    "smooth": _smoothed,
    "normalise": normalised,
}


def _stretched(scores: Floats, reference: Floats) -> Floats:
    low, high = reference.min(initial=np.inf), reference.max(initial=-np.inf)
    # What lies below is where 0 is none of the scores that count.
    return np.maximum(scores - low, 0) / (high - low) if high > low else np.zeros_like(scores)


def _widened(scores: Floats, frames: int, borders: Borders) -> Floats:
    """(frames,) also where only some were counted."""
    if len(scores) == frames:
        return scores
    return np.pad(scores, (borders.first, frames - borders.first - len(scores)), mode="edge")


def without_borders(
    by_video: Mapping[str, NDArray[Any]], borders: Borders
) -> dict[str, NDArray[Any]]:
    """Something of each frame of whole videos, of the frames that count alone."""
    if borders.rule != "drop":
        return dict(by_video)
    return {
        video: np.asarray(frames)[counted(video, len(frames), borders)]
        for video, frames in by_video.items()
    }

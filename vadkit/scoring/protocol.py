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
from vadkit.recipe import Borders, FrameProtocol
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


def finish(raw: Scores, protocol: FrameProtocol) -> dict[str, FrameScores]:
    """Smooth and normalise frame scores, as the protocol says.

    Raises:
        DataError: A video has no frame that counts.
    """
    scores: Scores = bordered(raw, protocol.borders)
    for step in protocol.order:
        scores = _STEPS[step](scores, protocol)
    return {
        video: FrameScores(of, _widened(scores[video], len(of), protocol.borders))
        for video, of in raw.items()
    }


def bordered(raw: Scores, borders: Borders) -> dict[str, Floats]:
    """The scores of the frames that count, those at the ends filled as the rule says."""
    parts = {video: counted(video, len(scores), borders) for video, scores in raw.items()}
    inner = {video: np.asarray(raw[video], np.float64)[part] for video, part in parts.items()}
    if borders.rule == "drop":
        return inner
    outside = {video: (part.start, len(raw[video]) - part.stop) for video, part in parts.items()}
    if borders.rule == "repeat":
        return {video: np.pad(of, outside[video], mode="edge") for video, of in inner.items()}
    normal = min(0.0, *(float(of.min()) for of in inner.values()))
    return {v: np.pad(of, outside[v], constant_values=normal) for v, of in inner.items()}


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


Kept = tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]
"""Scores and labels of the frames that count."""


def kept(scores: Scores, labels: Mapping[str, NDArray[Any]], borders: Borders) -> Kept:
    """What metrics are computed over: videos and frames that the protocol leaves out are not in it.

    Args:
        scores: Video -> (frames,) of the whole video, as `finish` gives them.
        labels: Video -> (frames,) of the whole video.
        borders: Which frames count.

    Raises:
        DataError: Scores and labels of a video differ in length.
    """
    for video in scores.keys() & labels.keys():
        check_length(video, len(scores[video]), len(labels[video]))
    return _counted(scores, borders), _counted(labels, borders)


def describe(protocol: FrameProtocol, **facts: Any) -> dict[str, Any]:
    """The protocol in full, for `metrics.json`: figures compare only where the hashes agree.

    Args:
        protocol: The recipe's part of it.
        facts: The rest, JSON values: label set, checkpoint rule.

    Returns:
        A dict that JSON can hold; `hash` is a short digest of all else in it but the preset's name.
    """
    said = protocol.model_dump(mode="json", include=set(FrameProtocol.model_fields) - {"preset"})
    said |= facts
    named = {"preset": protocol.preset} if protocol.preset else {}
    return {**named, **said, "hash": hash_of(said, digits=12)}


def normalised(scores: Scores, protocol: FrameProtocol) -> dict[str, Floats]:
    """Scores stretched to [0, 1]; 0 where they are all the same."""
    if protocol.normalise == "none":
        return dict(scores)
    every = np.concatenate([*scores.values()])
    if protocol.normalise == "positive":
        every = every[every > 0]
    own = protocol.normalise == "video"
    return {video: _stretched(of, of if own else every) for video, of in scores.items()}


def _smoothed(scores: Scores, protocol: FrameProtocol) -> dict[str, Floats]:
    how = protocol.smooth
    if how.across == "video":
        return {video: smooth(of, how) for video, of in scores.items()}
    ends = np.cumsum([len(of) for of in scores.values()])
    strung = smooth(np.concatenate([*scores.values()]), how)
    return dict(zip(scores, np.split(strung, ends[:-1]), strict=True))


_STEPS: dict[str, Callable[[Scores, FrameProtocol], dict[str, Floats]]] = {
    "smooth": _smoothed,
    "normalise": normalised,
}


def _stretched(scores: Floats, of: Floats) -> Floats:
    low, high = of.min(initial=np.inf), of.max(initial=-np.inf)
    # What lies below is where 0 is none of the scores that count.
    return np.maximum(scores - low, 0) / (high - low) if high > low else np.zeros_like(scores)


def _widened(scores: Floats, frames: int, borders: Borders) -> Floats:
    """(frames,) also where only some were counted."""
    if len(scores) == frames:
        return scores
    return np.pad(scores, (borders.first, frames - borders.first - len(scores)), mode="edge")


def _counted(of_frames: Mapping[str, NDArray[Any]], borders: Borders) -> dict[str, NDArray[Any]]:
    if borders.rule != "drop":
        return dict(of_frames)
    return {
        video: np.asarray(of)[counted(video, len(of), borders)] for video, of in of_frames.items()
    }

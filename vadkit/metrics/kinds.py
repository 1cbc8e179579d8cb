"""How well each kind of anomaly is told from normal frames, where tracks name kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.dataset import Track
from vadkit.metrics.curves import auc

Frames = Mapping[str, NDArray[Any]]
"""Video -> (frames,)."""


def kind_frames(
    tracks: Mapping[str, Sequence[Track]], lengths: Mapping[str, int]
) -> dict[str, dict[str, NDArray[np.bool_]]]:
    """Kind of anomaly -> video -> (frames,) whether it is there.

    Args:
        tracks: Video -> its anomalies.
        lengths: Frames of every test video.

    Returns:
        The kinds in alphabetic order; none where all tracks are of one.
    """
    kinds = sorted({track.kind for of in tracks.values() for track in of})
    blank = {video: np.zeros(frames, np.bool_) for video, frames in lengths.items()}
    found = {kind: {video: of.copy() for video, of in blank.items()} for kind in kinds}
    for video, of in tracks.items():
        for track in of:
            found[track.kind][video][track.frames] = True
    return found if len(kinds) > 1 else {}


def kind_aucs(
    scores: Frames, labels: Frames, kinds: Mapping[str, Frames]
) -> dict[str, float | None]:
    """Kind -> micro AUC of its frames against all normal ones; None without one of both."""
    videos = list(scores)
    joined, labelled = (np.concatenate([of[video] for video in videos]) for of in (scores, labels))
    aucs = {}
    for kind, frames in kinds.items():
        there = np.concatenate([frames[video] for video in videos])
        judged = there | (labelled == 0)
        aucs[kind] = auc(joined[judged], there[judged])
    return aucs

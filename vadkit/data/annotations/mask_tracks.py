"""Tracks where a data set has only pixel masks: their regions, linked from frame to frame."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.tracks import TrackedBox, build_tracks
from vadkit.data.dataset import Track

Labels = NDArray[np.int32]
"""(H, W) number of the region that a pixel belongs to, 0 for none."""


def derive_tracks(masks: Iterable[NDArray[np.bool_]]) -> list[Track]:
    """Link the 8-connected regions of a video's masks.

    A region goes on with the track of that region of the frame before with which it shares the
    most pixels, unless a region that shares more has it already; otherwise it begins a track. So
    anomalies that touch are one track while they do.

    Args:
        masks: (H, W) of every frame, in order.

    Returns:
        Tracks in order of appearance, of the kind "anomaly".
    """
    boxes: list[TrackedBox] = []
    begun = 0
    before, tracks_before = np.zeros((0, 0), np.int32), np.zeros(1, np.int64)
    for frame, mask in enumerate(masks):
        count, drawn, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
        labels = np.asarray(drawn, np.int32)
        tracks = _continued(labels, count, before, tracks_before)
        for region in range(1, count):
            if not tracks[region]:
                begun += 1
                tracks[region] = begun
            left, top, width, height = stats[region, :4].tolist()
            box = (left, top, left + width, top + height)
            boxes.append(TrackedBox(int(tracks[region]), frame, box))
        before, tracks_before = labels, tracks
    return build_tracks(boxes)


def _continued(
    labels: NDArray[np.int32], count: int, before: Labels, tracks_before: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(count,) the track of each region, 0 where it goes on with none."""
    tracks = np.zeros(count, np.int64)
    if before.shape != labels.shape:
        return tracks
    both = (before > 0) & (labels > 0)
    pairs, shared = np.unique(
        np.stack([labels[both], before[both]], axis=1), axis=0, return_counts=True
    )
    for row in np.argsort(-shared, kind="stable"):
        region, earlier = pairs[row]
        track = tracks_before[earlier]
        if not tracks[region] and track not in tracks:
            tracks[region] = track
    return tracks

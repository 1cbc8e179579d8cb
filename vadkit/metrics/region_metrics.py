"""Region-based and track-based detection criteria: where and what, not only when. Pure NumPy.

Ramachandra and Jones, WACV 2020. A region is the box of one anomaly in one frame, a track is one
anomaly through its frames, and a detection is a box with a score, higher is more anomalous.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.dataset import Track
from vadkit.errors import DataError, NumericError
from vadkit.metrics.curves import RegionCurves
from vadkit.metrics.figures import judge_regions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEVER = np.iinfo(np.int64).max
"""Rank of a region that no detection finds."""


@dataclass(frozen=True)
class Detections:
    """Boxes that were found in one video."""

    frame: Ints
    """(n,) from 0."""
    boxes: Floats
    """(n, 4) x1, y1, x2, y2 in pixels."""
    score: Floats
    """(n,) finite."""


@dataclass(frozen=True)
class Convention:
    """What the definitions leave open; the defaults are those of the published evaluator."""

    overlap: float = 0.1
    """Least intersection over union (beta) at which a detection finds a region."""
    share: float = 0.1
    """Least share (alpha) of its regions that has to be found for a track to be."""
    inclusive: bool = True
    """Whether a box from 3 to 5 is three pixels wide, as the published evaluator counts."""
    group_ties: bool = False
    """Whether detections of one score pass the threshold together, and not in their order."""
    extend: bool = True
    """Whether a curve that ends before one false positive a frame goes on, flat, to there."""


def evaluate_regions(
    detections: Mapping[str, Detections],
    tracks: Mapping[str, Sequence[Track]],
    frames: int,
    convention: Convention | None = None,
) -> dict[str, Any]:
    """Area under the rate of found regions (RBDC) and tracks (TBDC) against false positives.

    A detection that overlaps no region is a false positive; one that overlaps only regions that
    others have found already is neither. Rates of false positives are a frame, from 0 to 1.

    Args:
        detections: Video -> its detections, in the order in which ties are taken.
        tracks: Video -> its anomalies; a video without any may be left out.
        frames: Frames of all test videos together.
        convention: How to count.

    Returns:
        A dict that JSON can hold: every figure of regions in `figures.FIGURES` (`rbdc`, `tbdc`),
        None where there is no region, with `regions`, `tracks`, `detections`, `frames`.

    Raises:
        DataError: There are fewer frames than the detections are in, or a video with tracks has no
            table of detections.
        NumericError: A box or score is not finite.
    """
    how = convention or Convention()
    _check(detections, tracks, frames)
    merged = _merged(detections)
    region, track = _regions(tracks, list(detections))
    order = np.argsort(-merged.score, kind="stable")
    ranked = Detections(merged.frame[order], merged.boxes[order], merged.score[order])
    curves = _curves(ranked, region, track, frames, how) if len(track) else None
    counts = {"regions": len(track), "tracks": len(np.bincount(track))}
    return {
        **judge_regions(curves),
        **counts,
        "detections": len(merged.score),
        "frames": frames,
    }


def _curves(
    ranked: Detections, region: Detections, track: Ints, frames: int, how: Convention
) -> RegionCurves:
    """Rates at every threshold, from (regions,) the number of each region's track."""
    pairs, sizes = _overlapping(ranked, region, how), np.bincount(track)
    passed = _passed(ranked.score, how)
    alarms = _counted(_false_positives(pairs, len(ranked.score)), passed) / frames
    regions = _region_ranks(pairs, len(track))
    tracks = _track_ranks(regions, track, sizes, how.share)
    return RegionCurves(
        alarms,
        _counted(regions, passed) / len(track),
        _counted(tracks, passed) / len(sizes),
        how.extend,
    )


def _check(
    detections: Mapping[str, Detections], tracks: Mapping[str, Sequence[Track]], frames: int
) -> None:
    if frames < 1:
        raise DataError("There is no frame to count false positives by.")
    least = sum(int(boxes.frame.max(initial=-1)) + 1 for boxes in detections.values())
    if frames < least:
        raise DataError(
            f"The detections are in {least} frames at least, not in {frames}.",
            "Count the frames of all test videos, and number a video's frames from 0.",
        )
    if missing := sorted(tracks.keys() - detections.keys()):
        raise DataError(
            f"There are tracks but no detections for {', '.join(missing)}.",
            "Give an empty table for a video in which nothing was found.",
        )
    for video, of_video in detections.items():
        if not (np.isfinite(of_video.boxes).all() and np.isfinite(of_video.score).all()):
            raise NumericError(f"{video}: a box or a score of a detection is not finite.")


def _merged(detections: Mapping[str, Detections]) -> Detections:
    """All videos in one table; frames are numbered on from video to video."""
    return _joined(
        [
            replace(boxes, frame=_global(n, boxes.frame))
            for n, boxes in enumerate(detections.values())
        ]
    )


def _joined(tables: Sequence[Detections]) -> Detections:
    whole = [Detections(np.empty(0, np.int64), np.empty((0, 4)), np.empty(0)), *tables]
    return Detections(
        np.concatenate([table.frame for table in whole]),
        np.concatenate([table.boxes for table in whole]),
        np.concatenate([table.score for table in whole]),
    )


def _global(video: int, frame: Ints) -> Ints:
    """A number for each frame of each video: 2^40 frames are enough for a video."""
    return (video << 40) + frame.astype(np.int64)


def _regions(
    tracks: Mapping[str, Sequence[Track]], videos: Sequence[str]
) -> tuple[Detections, Ints]:
    """The regions, as boxes without a score, and (regions,) the number of each one's track."""
    order = {video: number for number, video in enumerate(videos)}
    tables = [
        Detections(
            _global(order[video], track.frames),
            track.boxes.astype(np.float64),
            np.zeros(len(track.frames)),
        )
        for video, in_video in tracks.items()
        for track in in_video
        if len(track.frames)
    ]
    counts = np.array([len(table.frame) for table in tables], np.int64)
    return _joined(tables), np.repeat(np.arange(len(tables)), counts)


def _overlapping(ranked: Detections, region: Detections, how: Convention) -> tuple[Ints, Ints]:
    """(pairs,) ranks of detections, and rows of the regions that they overlap enough."""
    order = np.argsort(region.frame, kind="stable")
    low, high = (np.searchsorted(region.frame[order], ranked.frame, s) for s in ("left", "right"))
    count = high - low
    rank = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(rank)) - np.repeat(np.cumsum(count) - count, count)
    row = order[np.repeat(low, count) + within]
    enough = overlaps(ranked.boxes[rank], region.boxes[row], how.inclusive) >= how.overlap
    return rank[enough], row[enough]


def overlaps(boxes: Floats, others: Floats, inclusive: bool) -> Floats:
    """(n,) intersection over union of boxes (n, 4), row by row."""
    extra = 1.0 if inclusive else 0.0
    low, high = np.maximum(boxes[:, :2], others[:, :2]), np.minimum(boxes[:, 2:], others[:, 2:])
    common = (high - low + extra).clip(min=0).prod(axis=1)
    areas = sum((side[:, 2:] - side[:, :2] + extra).prod(axis=1) for side in (boxes, others))
    return np.asarray(common / np.maximum(areas - common, np.finfo(float).tiny))


def _false_positives(pairs: tuple[Ints, Ints], detections: int) -> Ints:
    """Ranks of the detections that overlap no region."""
    alone = np.ones(detections, bool)
    alone[pairs[0]] = False
    return np.flatnonzero(alone)


def _region_ranks(pairs: tuple[Ints, Ints], regions: int) -> Ints:
    """(regions,) the rank of the first detection that finds each."""
    first = np.full(regions, NEVER)
    np.minimum.at(first, pairs[1], pairs[0])
    return first


def _track_ranks(ranks: Ints, track: Ints, sizes: Ints, share: float) -> Ints:
    """(tracks,) the rank at which so many of a track's regions are found that it is."""
    order = np.lexsort((ranks, track))
    starts = np.cumsum(sizes) - sizes
    needed = np.maximum(1, np.ceil(share * sizes).astype(np.int64))
    needed -= (needed > 1) & ((needed - 1) / sizes >= share)  # where 0.1 · n was rounded up
    last_needed: Ints = ranks[order][starts + needed - 1]
    return last_needed


def _passed(score: Floats, how: Convention) -> Ints:
    """How many detections are above each threshold, from the first on."""
    if not how.group_ties:
        return np.arange(1, len(score) + 1)
    return np.append(np.flatnonzero(np.diff(score)) + 1, len(score))[: len(score)]


def _counted(ranks: Ints, passed: Ints) -> Floats:
    """(thresholds,) how many of the ranks are among the detections that have passed."""
    return np.searchsorted(np.sort(ranks), passed, side="left").astype(np.float64)

"""The scorer: from scores of units to a score for every frame of every video.

A frame's score is that of its most anomalous unit, and 0 where it has none ([000], [001]); or,
where scores can be negative and 0 would not be "most normal", the lowest score of any unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.units import Units
from vadkit.errors import DataError, NumericError, RecipeError
from vadkit.recipe import FrameProtocol, Protocol, ScoreName
from vadkit.scoring.calibration import Normal, calibrated, places
from vadkit.scoring.protocol import FrameScores, finish, normalised

Floats = NDArray[np.float64]
UnitScores = NDArray[np.floating[Any]]
"""(n,) one for each unit of a table, higher is more anomalous."""
Table = tuple[Units, Floats]
"""Units and one score of each."""


def fuse(
    scores: Mapping[ScoreName, tuple[Units, UnitScores]],
    protocol: Protocol,
    normal: Mapping[str, Normal] | None = None,
) -> dict[str, FrameScores]:
    """Score every frame by the mean, or the greatest, of the scores that the protocol uses.

    Scores of the same units are averaged unit by unit, as [002] averages its tasks; those of
    different units (objects and whole frames) can only be averaged frame by frame. Calibrated
    scores are of one scale. Others, if normalised, are brought to [0, 1] in each video first and
    averaged frame by frame, then brought to it again, as Jigsaw-VAD does with its two puzzles: so
    no score outweighs another by its scale.

    Args:
        scores: `task.score` -> the table of units and their scores; tables of the same videos.
        protocol: Which scores to use, and how.
        normal: Task -> training units and their scores, with which a protocol calibrates.

    Raises:
        RecipeError: A score that the protocol uses is not there.
        NumericError: A score is not finite; the message names it, the video and the frame.
        DataError: A unit lies outside its video.
    """
    comparable = _comparable(scores, protocol, normal)
    if protocol.calibrate.kind == "none" and protocol.normalise != "none":
        return _fused_videos([frame_maximum(*table) for table in comparable], protocol)
    return finish(_fused_frames(comparable, protocol), protocol)


def fuse_units(
    scores: Mapping[ScoreName, tuple[Units, UnitScores]],
    protocol: Protocol,
    normal: Mapping[str, Normal] | None = None,
) -> list[Table]:
    """Score every unit, as `fuse` does before it goes on to frames: one table a kind of unit.

    What is stretched within each video or smoothed there, is so for frames alone.
    """
    tables = _fused_units(_comparable(scores, protocol, normal), protocol)
    return [(units, values) for units, values, _ in tables]


def _comparable(
    scores: Mapping[ScoreName, tuple[Units, UnitScores]],
    protocol: Protocol,
    normal: Mapping[str, Normal] | None,
) -> list[Table]:
    """The tables of the scores that the protocol uses, weighed and calibrated."""
    weighed = {name: _weighed(name, *_named(scores, name), protocol) for name in protocol.use}
    if protocol.calibrate.kind != "none":
        weighed = _calibrated(weighed, normal or {}, protocol)
    return [weighed[name] for name in protocol.use]


def _calibrated(
    weighed: Mapping[ScoreName, Table], normal: Mapping[str, Normal], protocol: Protocol
) -> dict[ScoreName, Table]:
    """Task by task: a task's scores have their neighbours in common."""
    found: dict[ScoreName, Table] = {}
    for task, names in groupby(sorted(weighed), key=lambda name: name.task):
        own, used = normal[task], list(names)
        units = weighed[used[0]][0]
        values = np.stack([weighed[name][1] for name in used])
        usual = np.stack([_by_area(own.scores[name], own.boxes, protocol) for name in used])
        if not np.isfinite(usual).all():
            raise NumericError(
                f"{task} gives a training unit a score that is not finite.",
                "The task's score has to be a finite number for every unit.",
            )
        at, usual_at = places(units.boxes, units.sizes[units.video]), places(own.boxes, own.sizes)
        rows = calibrated(values, at, usual, usual_at, protocol.calibrate)
        found |= {name: (units, row) for name, row in zip(used, rows, strict=True)}
    return found


def _fused_videos(
    raws: Sequence[Mapping[str, Floats]], protocol: Protocol
) -> dict[str, FrameScores]:
    finished, weights = [finish(raw, protocol) for raw in raws], _weights(protocol)
    joined = {v: _together([of[v].smooth for of in finished], weights, protocol) for v in raws[0]}
    smooth = normalised(joined, protocol)
    return {
        video: FrameScores(_together([of[video] for of in raws], weights, protocol), smooth[video])
        for video in raws[0]
    }


def _fused_frames(weighed: Sequence[Table], protocol: Protocol) -> dict[str, Floats]:
    tables = _fused_units(weighed, protocol)
    raws = [frame_maximum(units, values) for units, values, _ in tables]
    # What is greatest has its weight already; a mean counts for as much as is in it.
    shares = [1.0 if protocol.fuse == "max" else share for _, _, share in tables]
    return {v: _together([raw[v] for raw in raws], shares, protocol) for v in raws[0]}


def _fused_units(weighed: Sequence[Table], protocol: Protocol) -> list[tuple[Units, Floats, float]]:
    """Units, their fused scores and the sum of the weights, for every table of units."""
    tables: list[tuple[Units, list[Floats], list[float]]] = []
    for (units, values), weight in zip(weighed, _weights(protocol), strict=True):
        table = next((table for table in tables if _same(units, table[0])), None)
        if table is None:
            table = (units, [], [])
            tables.append(table)
        table[1].append(values)
        table[2].append(weight)
    return [(of, _together(parts, own, protocol), sum(own)) for of, parts, own in tables]


def _weights(protocol: Protocol) -> list[float]:
    return [protocol.weights.get(name, 1.0) for name in protocol.use]


def _together(parts: Sequence[Floats], weights: Sequence[float], protocol: Protocol) -> Floats:
    """Scores (n,) of the same units or frames -> (n,)."""
    if protocol.fuse == "max":
        scaled = [weight * part for weight, part in zip(weights, parts, strict=True)]
        return np.asarray(np.max(scaled, axis=0))
    return np.asarray(np.average(parts, axis=0, weights=weights))


def baselines(units: Units, protocol: FrameProtocol) -> dict[str, dict[str, FrameScores]]:
    """Score frames by their boxes alone: what a model has to beat.

    The widest box alone reaches a micro AUC of 0.95 on UCSD Ped2 (METHODS C).

    Returns:
        Name of the baseline -> video -> its frames' scores, smoothed as the protocol says.
    """
    width, height = _sides(units.boxes)
    raw = {
        "widest box": frame_maximum(units, width),
        "largest box": frame_maximum(units, width * height),
        "number of boxes": _box_counts(units),
    }
    return {name: finish(of, protocol) for name, of in raw.items()}


def frame_maximum(units: Units, scores: UnitScores) -> dict[str, Floats]:
    """The highest score in each frame, 0 or the lowest without a unit: video -> (frames,)."""
    highest = np.full(int(units.lengths.sum()), -np.inf)
    np.maximum.at(highest, _positions(units), scores)
    return _split(units, np.where(np.isneginf(highest), np.min(scores, initial=0.0), highest))


def _named(
    scores: Mapping[ScoreName, tuple[Units, UnitScores]], name: ScoreName
) -> tuple[Units, UnitScores]:
    if name not in scores:
        near = get_close_matches(name, scores, 1)
        raise RecipeError(
            f"score.use names {name!r}, which no task gives.",
            f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(scores) or 'none'}.",
        )
    return scores[name]


def _weighed(name: str, units: Units, scores: UnitScores, protocol: Protocol) -> Table:
    values = np.asarray(scores, dtype=np.float64)
    if values.shape != (len(units),):
        raise DataError(f"{name}: {len(units)} units, but scores of shape {values.shape}.")
    if not np.isfinite(values).all():
        at = int(np.argmin(np.isfinite(values)))
        raise NumericError(
            f"{name} is {values[at]} in {units.videos[units.video[at]]}, frame {units.frame[at]}.",
            "The task's score has to be a finite number for every unit.",
        )
    return units, _by_area(values, units.boxes, protocol)


def _by_area(scores: UnitScores, boxes: NDArray[np.float32], protocol: Protocol) -> Floats:
    """A score is a mean over the cube's pixels; times the box's area, a sum over the object."""
    values = np.asarray(scores, dtype=np.float64)
    return values * np.prod(_sides(boxes), axis=0) if protocol.weigh == "area" else values


def _sides(boxes: NDArray[np.float32]) -> tuple[Floats, Floats]:
    left, top, right, bottom = boxes[:, :4].astype(np.float64).T
    return right - left, bottom - top


def _positions(units: Units) -> NDArray[np.int64]:
    outside = (units.frame < 0) | (units.frame >= units.lengths[units.video])
    if outside.any():
        at = int(np.argmax(outside))
        video = units.video[at]
        raise DataError(
            f"{units.videos[video]}: a box in frame {units.frame[at]}, but the video has "
            f"{units.lengths[video]} frames.",
            "Boxes and video don't belong together, or frames are not counted from 0.",
        )
    return (np.cumsum(units.lengths) - units.lengths)[units.video] + units.frame


def _box_counts(units: Units) -> dict[str, Floats]:
    counts = np.bincount(_positions(units), minlength=int(units.lengths.sum()))
    return _split(units, counts.astype(np.float64))


def _split(units: Units, frames: Floats) -> dict[str, Floats]:
    pieces = np.split(frames, np.cumsum(units.lengths)[:-1])
    return dict(zip(units.videos, pieces, strict=True))


def _same(units: Units, other: Units) -> bool:
    return all(
        np.array_equal(getattr(units, column), getattr(other, column))
        for column in ("video", "frame", "boxes")
    )

"""The scorer: from scores of units to a score for every frame of every video.

A frame's score is that of its most anomalous unit, and 0 where it has none ([000], [001]); or,
where scores can be negative and 0 would not be "most normal", the lowest score of any unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.units import Units
from vadkit.errors import DataError, NumericError, RecipeError
from vadkit.recipe import Protocol, ScoreName
from vadkit.recipe.schema import P_VALUES
from vadkit.scoring.calibration import USUAL, Normal, calibrated, places, tails, with_cap
from vadkit.scoring.protocol import FrameScores, finish, normalised
from vadkit.scoring.reasons import Answer, reasons

Floats = NDArray[np.float64]
UnitScores = NDArray[np.floating[Any]]
"""(n,) one for each unit of a table, higher is more anomalous."""
Table = tuple[Units, Floats]
"""Units and one score of each."""
FusedUnits = tuple[Sequence[Answer], Floats]
"""Answers about the same units, and the joined answer (n,) of each unit."""


def fuse(
    scores: Mapping[ScoreName, tuple[Units, UnitScores]],
    protocol: Protocol,
    normal: Mapping[str, Normal] | None = None,
) -> dict[str, FrameScores]:
    """Score every frame by the answers to the protocol's questions.

    Answers about the same units are joined unit by unit, as [002] averages its tasks; those about
    different units (objects and whole frames) can only be joined frame by frame. Calibrated scores
    are of one scale. Others, if normalised, are brought to [0, 1] in each video first and joined
    frame by frame, then brought to it again, as Jigsaw-VAD does with its two puzzles: so no score
    outweighs another by its scale.

    Args:
        scores: `task.score` -> the table of units and their scores; tables of the same videos.
        protocol: Which scores to use, and how.
        normal: Task -> training units and their scores, with which a protocol calibrates.

    Raises:
        RecipeError: A score that the protocol uses is not there, or a question joins scores of
            objects and of whole frames.
        NumericError: A score is not finite; the message names it, the video and the frame.
        DataError: A unit lies outside its video.
    """
    answers, kind = _answers(scores, protocol, normal), protocol.calibrate.kind
    if kind == "none" and protocol.normalise != "none":
        raws = [frame_maximum(answer.units, answer.values) for answer in answers]
        return _fused_videos(raws, protocol)
    tables = _fused_units(answers, protocol)
    finished = finish(_fused_frames(tables, protocol), protocol)
    if kind == "none":  # answers of several scales, of which none is the loudest
        return finished
    why = reasons(tables, kind in P_VALUES)
    return {video: replace(frames, reasons=why[video]) for video, frames in finished.items()}


def fuse_units(
    scores: Mapping[ScoreName, tuple[Units, UnitScores]],
    protocol: Protocol,
    normal: Mapping[str, Normal] | None = None,
) -> list[Table]:
    """Score every unit, as `fuse` does before it goes on to frames: one table a kind of unit.

    What is stretched within each video or smoothed there, is so for frames alone.
    """
    tables = _fused_units(_answers(scores, protocol, normal), protocol)
    return [(answers[0].units, values) for answers, values in tables]


def capped(protocol: Protocol, normal: Mapping[str, Normal]) -> Protocol:
    """The protocol with the cap that the rule finds among training units, where it is asked for."""
    return with_cap(protocol, {of: _weighed_normal(normal[of], protocol) for of in normal})


def _answers(
    scores: Mapping[ScoreName, tuple[Units, UnitScores]],
    protocol: Protocol,
    normal: Mapping[str, Normal] | None,
) -> list[Answer]:
    """The answers to each of the protocol's questions."""
    normal = {task: _weighed_normal(of, protocol) for task, of in (normal or {}).items()}
    protocol = with_cap(protocol, normal)
    weighed = {name: _weighed(name, *_named(scores, name), protocol) for name in protocol.names}
    calibrated = weighed
    if protocol.calibrate.kind != "none":
        calibrated = _calibrated(weighed, normal, protocol)
    answers = []
    for (name, question), weight in zip(protocol.asked.items(), _weights(protocol), strict=True):
        tables = [calibrated[score] for score in question.of]
        gates = [weighed[question.gate]] if question.gate else []
        units = _common_units(name, [*tables, *gates])
        answer = np.mean([values for _, values in tables], axis=0)
        if question.relative:
            answer = _relative(answer, units)
        if gate := question.gate:
            usual = np.asarray(normal[gate.task].scores[gate])
            passes = _passes(weighed[gate], normal[gate.task], usual, question.above)
            answer = _silence_others(answer, passes)
        parts = {score: (weighed[score][1], calibrated[score][1]) for score in question.of}
        answers.append(Answer(name, weight, units, answer, parts))
    if not protocol.only:
        return answers
    units, values = scores[protocol.only.score]  # as measured, also where `weigh` sums it
    counts = values >= protocol.only.least
    return [
        replace(of, values=_silence_others(of.values, counts)) if _same(of.units, units) else of
        for of in answers
    ]


def _silence_others(answers: Floats, asked: NDArray[np.bool_]) -> Floats:
    """(n,) those of units that are asked; others are as usual as the most usual."""
    return np.where(asked, answers, min(0.0, answers.min(initial=0.0)))


def _relative(answers: Floats, units: Units) -> Floats:
    """(n,) lowered, in each video, by what their median is above that of a usual one."""
    lowered = answers.copy()
    for video in np.unique(units.video):
        inside = units.video == video
        excess = max(0.0, float(np.median(answers[inside])) - USUAL)
        lowered[inside] = np.maximum(answers[inside] - excess, 0)
    return lowered


def _passes(gate: Table, training: Normal, usual: NDArray[Any], above: float) -> NDArray[np.bool_]:
    """(n,) whether each unit reaches a quantile of its camera's training units."""
    units, values = gate
    cameras, passes = units.camera, np.zeros(len(values), np.bool_)
    for camera in np.unique(cameras):
        threshold = np.quantile(usual[training.of_camera(camera)], above)
        passes |= (cameras == camera) & (values >= threshold)
    return passes


def _common_units(question: str, tables: Sequence[Table]) -> Units:
    units = tables[0][0]
    if not all(_same(units, other) for other, _ in tables[1:]):
        raise RecipeError(
            f"The question {question!r} joins scores of objects and of whole frames.",
            "Make two questions of it under score.questions.",
        )
    return units


def _calibrated(
    weighed: Mapping[ScoreName, Table], normal: Mapping[str, Normal], protocol: Protocol
) -> dict[ScoreName, Table]:
    """Task by task: a task's scores have their neighbours in common."""
    tables: dict[ScoreName, Table] = {}
    for task, names in groupby(sorted(weighed), key=lambda name: name.task):
        training, used = normal[task], list(names)
        units = weighed[used[0]][0]
        values = np.stack([weighed[name][1] for name in used])
        usual = np.stack([training.scores[name] for name in used]).astype(np.float64)
        if not np.isfinite(usual).all():
            raise NumericError(
                f"{task} gives a training unit a score that is not finite.",
                "The task's score has to be a finite number for every unit.",
            )
        if protocol.calibrate.kind == "tail":
            rows = tails(units, values, training, usual, protocol.calibrate)
        else:
            at = places(units.boxes, units.sizes[units.video])
            usual_at = places(training.boxes, training.sizes)
            rows = calibrated(values, at, usual, usual_at, protocol.calibrate)
        tables |= {name: (units, row) for name, row in zip(used, rows, strict=True)}
    return tables


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


def _fused_frames(tables: Sequence[FusedUnits], protocol: Protocol) -> dict[str, Floats]:
    raws = [frame_maximum(answers[0].units, values) for answers, values in tables]
    shares = [_SHARES[protocol.fuse](_weights_of(answers)) for answers, _ in tables]
    return {v: _together([raw[v] for raw in raws], shares, protocol) for v in raws[0]}


_SHARES: dict[str, Callable[[Floats], float]] = {
    "mean": lambda weights: float(weights.sum()),
    "power": lambda weights: float(weights.sum()),
    "stouffer": lambda weights: float(np.sqrt((weights**2).sum())),
    "max": lambda _: 1.0,
    "sum": lambda _: 1.0,
}
"""What joined answers count for when they are joined once more; weights are in some already."""


def _fused_units(answers: Sequence[Answer], protocol: Protocol) -> list[FusedUnits]:
    """Answers about the same units, joined, for every kind of unit."""
    groups: list[list[Answer]] = []
    for answer in answers:
        group = next((group for group in groups if _same(answer.units, group[0].units)), [])
        if not group:
            groups.append(group)
        group.append(answer)
    return [
        (group, _together([of.values for of in group], _weights_of(group), protocol))
        for group in groups
    ]


def _weights_of(answers: Sequence[Answer]) -> Floats:
    return np.array([answer.weight for answer in answers])


def _weights(protocol: Protocol) -> list[float]:
    return [protocol.weights.get(name, 1.0) for name in protocol.asked]


def _together(
    parts: Sequence[Floats], weights: Sequence[float] | Floats, protocol: Protocol
) -> Floats:
    """Answers (n,) about the same units or frames -> (n,)."""
    return _JOINED[protocol.fuse](np.stack(parts), np.asarray(weights, np.float64), protocol)


def _power(answers: Floats, weights: Floats, protocol: Protocol) -> Floats:
    """-log of the generalised mean of p-values, of which the answers are -log."""
    rate = -protocol.exponent
    # As much is taken out as lets p^exponent be a number of 64 bits: mostly nothing.
    most = np.maximum(np.max(answers, axis=0) - 700 / rate, 0)
    mean = np.average(np.exp(rate * (answers - most)), axis=0, weights=weights)
    return np.asarray(most + np.log(mean) / rate)


def _stouffer(answers: Floats, weights: Floats, _: Protocol) -> Floats:
    """-log of the p-value of the weighed normal deviates of p-values."""
    from scipy.special import log_ndtr, ndtri_exp

    deviates = -ndtri_exp(np.minimum(-answers, -1e-12))  # p = 1 has no deviate
    joined = weights @ deviates / np.sqrt((weights**2).sum())
    return np.asarray(-log_ndtr(-joined))


_JOINED: dict[str, Callable[[Floats, Floats, Protocol], Floats]] = {
    "mean": lambda answers, weights, _: np.average(answers, axis=0, weights=weights),
    "max": lambda answers, weights, _: np.max(weights[:, None] * answers, axis=0),
    "sum": lambda answers, weights, _: weights @ answers,
    "stouffer": _stouffer,
    "power": _power,
}
"""(answers, n) and weights (answers,) -> (n,)."""


def frame_maximum(units: Units, scores: UnitScores) -> dict[str, Floats]:
    """The highest score in each frame, 0 or the lowest without a unit: video -> (frames,)."""
    highest = np.full(int(units.lengths.sum()), -np.inf)
    np.maximum.at(highest, units.places, scores)
    return _split(units, np.where(np.isneginf(highest), np.min(scores, initial=0.0), highest))


def _named(
    scores: Mapping[ScoreName, tuple[Units, UnitScores]], name: ScoreName
) -> tuple[Units, UnitScores]:
    if name not in scores:
        near = get_close_matches(name, scores, 1)
        raise RecipeError(
            f"The protocol names {name!r}, which no task and no evidence part gives.",
            f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(scores) or 'none'}.",
        )
    return scores[name]


def _weighed(name: ScoreName, units: Units, scores: UnitScores, protocol: Protocol) -> Table:
    values = np.asarray(scores, dtype=np.float64)
    if values.shape != (len(units),):
        raise DataError(f"{name}: {len(units)} units, but scores of shape {values.shape}.")
    if not np.isfinite(values).all():
        at = int(np.argmin(np.isfinite(values)))
        raise NumericError(
            f"{name} is {values[at]} in {units.videos[units.video[at]]}, frame {units.frame[at]}.",
            "The task's score has to be a finite number for every unit.",
        )
    return units, _by_area(name, values, units.boxes, protocol)


def _weighed_normal(normal: Normal, protocol: Protocol) -> Normal:
    weighed = {
        name: _by_area(name, of, normal.boxes, protocol) for name, of in normal.scores.items()
    }
    return replace(normal, scores=weighed)


def _by_area(
    name: ScoreName, scores: UnitScores, boxes: NDArray[np.float32], protocol: Protocol
) -> Floats:
    """A score is a mean over the cube's pixels; times the box's area, a sum over the object."""
    values = np.asarray(scores, dtype=np.float64)
    left, top, right, bottom = boxes[:, :4].astype(np.float64).T
    return values * ((right - left) * (bottom - top)) if protocol.by_area(name) else values


def box_counts(units: Units) -> dict[str, Floats]:
    """How many units each frame has: video -> (frames,)."""
    counts = np.bincount(units.places, minlength=int(units.lengths.sum()))
    return _split(units, counts.astype(np.float64))


def _split(units: Units, frames: Floats) -> dict[str, Floats]:
    pieces = np.split(frames, np.cumsum(units.lengths)[:-1])
    return dict(zip(units.videos, pieces, strict=True))


def _same(units: Units, other: Units) -> bool:
    return all(
        np.array_equal(getattr(units, column), getattr(other, column))
        for column in ("video", "frame", "boxes")
    )

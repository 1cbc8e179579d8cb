"""Why a frame has its score: its loudest object, and what is loudest about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vadkit.data.units import Units
from vadkit.recipe import ScoreName

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answer:
    """What units answer to a question."""

    question: str
    weight: float
    units: Units
    values: Floats
    """(n,) the mean of what its scores are beside those of training units, where it is asked."""
    scores: Mapping[ScoreName, tuple[Floats, Floats]]
    """Score -> (n,) as measured, and (n,) beside those of training units."""


@dataclass(frozen=True)
class Reason:
    """What raised a frame's score, before smoothing."""

    box: tuple[float, float, float, float]
    """Of the unit with the highest score: x1, y1, x2, y2 in pixels."""
    question: str
    """To which its answer, times its weight, is the greatest."""
    answer: float
    attribute: str
    """Which of the question's scores is the most unusual."""
    value: float
    """That score, as measured."""
    p: float | None
    """The share of training units that reach it; None where scores are not compared so."""


def reasons(
    tables: Sequence[tuple[Sequence[Answer], Floats]], p_values: bool
) -> dict[str, tuple[Reason | None, ...]]:
    """Video -> why each frame has its score; None without a unit, or where every p-value is 1.

    Args:
        tables: Answers about the same units, and the joined score (n,) of each unit. Where units of
            several kinds score a frame, it is the kind whose greatest answer is the greatest.
        p_values: Whether scores beside those of training units are -log p.
    """
    units = tables[0][0][0].units
    silent: tuple[float, Reason | None] = (0.0 if p_values else -np.inf, None)
    loudest = [silent] * int(units.lengths.sum())
    for answers, joined in tables:
        weighed = np.stack([answer.weight * answer.values for answer in answers])
        for place, row in _loudest_units(answers[0].units, joined):
            number = int(weighed[:, row].argmax())
            loudness = float(weighed[number, row])
            if loudness > loudest[place][0]:
                loudest[place] = loudness, _reason(answers[number], row, p_values)
    flat = [reason for _, reason in loudest]
    ends = zip(units.videos, units.starts, units.lengths, strict=True)
    return {video: tuple(flat[start : start + length]) for video, start, length in ends}


def _loudest_units(units: Units, joined: Floats) -> list[tuple[int, int]]:
    """Place of each frame that has a unit, and the row of its highest, the first of equals."""
    places = units.places
    order = np.lexsort((-joined, places))
    frames, first = np.unique(places[order], return_index=True)
    return list(zip(frames.tolist(), order[first].tolist(), strict=True))


def _reason(answer: Answer, row: int, p_values: bool) -> Reason:
    name = max(answer.scores, key=lambda score: answer.scores[score][1][row])
    measured, unusual = (float(values[row]) for values in answer.scores[name])
    x1, y1, x2, y2 = answer.units.boxes[row, :4].tolist()
    p = float(np.exp(-unusual)) if p_values else None
    said = float(answer.values[row])
    return Reason((x1, y1, x2, y2), answer.question, said, str(name), measured, p)

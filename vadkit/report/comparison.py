"""Two runs side by side: their figures, how sure the difference is, and what made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vadkit.data.annotations.frame_labels import read_labels
from vadkit.errors import DataError
from vadkit.metrics.bootstrap import auc_difference_intervals
from vadkit.metrics.figures import all_figures
from vadkit.report.finished_run import FinishedRun
from vadkit.report.score_files import files, read_frame_scores
from vadkit.runs.flatten import flat, unequal
from vadkit.scoring.protocol import CountedFrames, frames_that_count


@dataclass(frozen=True)
class Comparison:
    """A run held against another."""

    figures: dict[str, tuple[float | None, float | None]]
    """Name -> that of the first, that of the other."""
    intervals: dict[str, list[float] | None]
    """Name -> the ends between which 95 of 100 draws of the videos have the difference."""
    changed: dict[str, tuple[Any, Any]]
    """Recipe key -> its value in the first and in the other, None where it has none."""


def compare(first: FinishedRun, other: FinishedRun) -> Comparison:
    """Hold a run against another of the same protocol and data, or of others if told.

    Raises:
        DataError: Their score files are not of the same videos.
    """
    recipes = [flat(run.recipe) for run in (first, other)]
    return Comparison(
        {
            name: (first.metrics.figure(figure), other.metrics.figure(figure))
            for name, figure in all_figures().items()
        },
        _intervals(first, other),
        {key: (recipes[0].get(key), recipes[1].get(key)) for key in unequal(*recipes)},
    )


def _intervals(first: FinishedRun, other: FinishedRun) -> dict[str, list[float] | None]:
    (scores, labels), (others, _) = _counted(first), _counted(other)
    if {v: len(frames) for v, frames in scores.items()} != {
        v: len(frames) for v, frames in others.items()
    }:
        raise DataError(
            f"{first.folder.scores} and {other.folder.scores} hold other videos or frames.",
            "Their figures can be seen side by side with `vadkit table --anyway`.",
        )
    ends = auc_difference_intervals(scores, others, labels)
    return {f.name: ends[f.key] for f in all_figures().values() if f.key in ends}


def _counted(result: FinishedRun) -> CountedFrames:
    """Scores and labels of the frames that count."""
    scores = {v: read_frame_scores(path) for v, path in files(result.folder.scores).items()}
    labels = {video: read_labels(path) for video, path in files(result.folder.labels).items()}
    return frames_that_count(scores, labels, result.metrics.protocol.borders)

"""Finished runs held against one another: whether they compare, and how they differ."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vadkit.data.annotations.frame_labels import read_labels
from vadkit.errors import DataError, RunBusyError
from vadkit.metrics.bootstrap import auc_difference_intervals
from vadkit.metrics.figures import all_figures
from vadkit.metrics.metrics_schema import Metrics
from vadkit.report.score_files import files, read_frame_scores
from vadkit.runs.flatten import flat, unequal
from vadkit.runs.folder import RunFolder
from vadkit.scoring.protocol import CountedFrames, frames_that_count


@dataclass(frozen=True)
class FinishedRun:
    """What a run reached, and with what."""

    folder: RunFolder
    metrics: Metrics
    recipe: dict[str, Any]
    """With every default filled in."""

    @classmethod
    def read(cls, path: Path) -> FinishedRun:
        """Read a run's metrics and recipe.

        Raises:
            RecipeError: There is no run.
            RunBusyError: It was not finished, or not evaluated, or another vadkit made it.
        """
        folder = RunFolder.open(path)
        metrics = Metrics.read(folder.metrics)
        if metrics is None or not metrics.evaluated:
            raise RunBusyError(
                f"{folder.path} has no figures.",
                "It was not finished, or its test videos have no labels.",
            )
        return cls(folder, metrics, tomllib.loads(folder.resolved.read_text("utf-8")))

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.path.name

    def counted(self) -> CountedFrames:
        """Scores and labels of the frames that count."""
        scores = {v: read_frame_scores(path) for v, path in files(self.folder.scores).items()}
        labels = {video: read_labels(path) for video, path in files(self.folder.labels).items()}
        return frames_that_count(scores, labels, self.metrics.protocol.borders)


def differences(runs: Sequence[FinishedRun]) -> Iterator[str]:
    """Why the figures of runs do not compare: a sentence for each run that differs from the first.

    Curricula, backbones and boxes may differ, for they are what is compared; protocol, label set
    and videos may not.
    """
    first, *others = runs
    protocol, data = flat(first.metrics.protocol.model_dump(mode="json")), first.metrics.data
    for other in others:
        other_protocol = flat(other.metrics.protocol.model_dump(mode="json"))
        for key in unequal(protocol, other_protocol):
            if key not in ("hash", "preset"):
                yield (
                    f"{first.name} has the protocol {key} = {protocol.get(key)!r}, "
                    f"{other.name} has {other_protocol.get(key)!r}."
                )
        if data.target != other.metrics.data.target:
            names = data.datasets["target"], other.metrics.data.datasets["target"]
            where = f"{first.name} is on {names[0]}, {other.name} on {names[1]}"
            yield f"{where}, and the files differ."


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
    (scores, labels), (other_scores, _) = first.counted(), other.counted()
    lengths, other_lengths = (
        {video: len(frames) for video, frames in table.items()} for table in (scores, other_scores)
    )
    if lengths != other_lengths:
        raise DataError(
            f"{first.folder.scores} and {other.folder.scores} hold other videos or frames.",
            "Their figures can be seen side by side with `vadkit table --anyway`.",
        )
    ends, figures = auc_difference_intervals(scores, other_scores, labels), all_figures()
    recipe, other_recipe = flat(first.recipe), flat(other.recipe)
    return Comparison(
        {name: (first.metrics.figure(f), other.metrics.figure(f)) for name, f in figures.items()},
        {name: ends[figure.key] for name, figure in figures.items() if figure.key in ends},
        {k: (recipe.get(k), other_recipe.get(k)) for k in unequal(recipe, other_recipe)},
    )

"""Finished runs: whether they compare, how two differ, and many in one table."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Literal

from vadkit.data.annotations.frame_labels import read_labels
from vadkit.errors import DataError, RecipeError, RunBusyError
from vadkit.metrics.bootstrap import auc_difference_intervals
from vadkit.metrics.figures import MICRO_AUC, Figure, all_figures
from vadkit.metrics.metrics_schema import Metrics
from vadkit.report.score_files import files, read_frame_scores, read_scores
from vadkit.runs.flatten import flat, unequal
from vadkit.runs.folder import RunFolder
from vadkit.scoring.protocol import CountedFrames, Floats, frames_that_count, without_borders
from vadkit.utils.text_tables import csv_text, latex_row, latex_table, latex_text, markdown_table

Form = Literal["markdown", "csv", "latex"]


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

    def times(self) -> dict[str, Floats]:
        """When the frames that count are shown: video -> (frames,) seconds."""
        tables = {
            video: read_scores(path).times for video, path in files(self.folder.scores).items()
        }
        return without_borders(tables, self.metrics.protocol.borders)

    def counted(self, videos: Sequence[str] = ()) -> CountedFrames:
        """Scores and labels of the frames that count, of some videos or of all."""
        score_files, label_files = files(self.folder.scores), files(self.folder.labels)
        scores = {video: read_frame_scores(score_files[video]) for video in videos or score_files}
        labels = {video: read_labels(label_files[video]) for video in videos or label_files}
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
    """Name -> between which 95 of 100 draws have the difference; empty of other data."""
    changed: dict[str, tuple[Any, Any]]
    """Recipe key -> its value in the first and in the other, None where it has none."""


def compare(first: FinishedRun, other: FinishedRun) -> Comparison:
    """Hold a run against another; of another protocol or data, their figures alone.

    Raises:
        DataError: Their figures compare, and their score files are not of the same videos.
    """
    ends = {} if [*differences([first, other])] else _intervals(first, other)
    figures, recipe, other_recipe = all_figures(), flat(first.recipe), flat(other.recipe)
    return Comparison(
        {name: (first.metrics.figure(f), other.metrics.figure(f)) for name, f in figures.items()},
        {name: ends[figure.key] for name, figure in figures.items() if figure.key in ends},
        {k: (recipe.get(k), other_recipe.get(k)) for k in unequal(recipe, other_recipe)},
    )


def _intervals(first: FinishedRun, other: FinishedRun) -> dict[str, list[float] | None]:
    """Figure's key -> between which numbers 95 of 100 draws of the videos have the difference."""
    (scores, labels), (other_scores, _) = first.counted(), other.counted()
    lengths, other_lengths = (
        {video: len(frames) for video, frames in table.items()} for table in (scores, other_scores)
    )
    if lengths != other_lengths:
        raise DataError(
            f"{first.folder.scores} and {other.folder.scores} hold other videos or frames.",
            "A file was changed since; put it back, or run the recipe again.",
        )
    return auc_difference_intervals(scores, other_scores, labels)


@dataclass(frozen=True)
class Row:
    """One recipe on one data set, with all its seeds."""

    name: str
    """The first of its runs."""
    seeds: tuple[int, ...]
    figures: dict[str, tuple[float, ...]]
    """Name -> a value for each seed; empty where one of them has none."""
    baseline: float | None
    """Micro AUC of the best of the scores for which nothing was learned."""
    runs: tuple[FinishedRun, ...]
    """One for each seed."""


def rows(results: Sequence[FinishedRun]) -> list[Row]:
    """Put runs that differ in nothing but their seed into one row.

    Raises:
        RecipeError: Two of them have one seed: they are one result, not two.
    """
    groups: dict[str, dict[int, FinishedRun]] = {}
    for run in results:
        recipe = {key: value for key, value in run.recipe.items() if key != "seed"}
        facts = [recipe, run.metrics.data.target, run.metrics.protocol.hash]
        by_seed = groups.setdefault(json.dumps(facts, sort_keys=True), {})
        twin = by_seed.setdefault(run.metrics.seed, run)
        if twin is not run:
            raise RecipeError(
                f"{run.name} and {twin.name} are one recipe with one seed.",
                "Give one of them; a spread is one over seeds.",
            )
    return [_row(by_seed) for by_seed in groups.values()]


def _row(by_seed: dict[int, FinishedRun]) -> Row:
    figures = {}
    for name, figure in all_figures().items():
        values = [run.metrics.figure(figure) for run in by_seed.values()]
        defined = tuple(value for value in values if value is not None)
        # A mean over some seeds is another figure.
        figures[name] = defined if len(defined) == len(values) else ()
    first = next(iter(by_seed.values()))
    name = f"{first.name} (oracle)" if first.metrics.oracle else first.name
    baseline, runs = first.metrics.best_baseline, tuple(by_seed.values())
    return Row(name, tuple(sorted(by_seed)), figures, baseline, runs)


def table(rows: Sequence[Row], form: Form) -> str:
    """The rows as text; several seeds as mean ± standard deviation."""
    if form == "csv":
        return _csv(rows)
    head = ["run", "seeds", *all_figures(), "best baseline"]
    if form == "markdown":
        return markdown_table(head, [[row.name, *_cells(row, "±")] for row in rows])
    cells = [[latex_text(row.name), *_cells(row, r"$\pm$")] for row in rows]
    return latex_table([latex_row(head)], cells, len(head))


def _cells(row: Row, sign: str) -> list[str]:
    figures = [spread(figure, row.figures[name], sign) for name, figure in all_figures().items()]
    return [str(len(row.seeds)), *figures, MICRO_AUC.text(row.baseline)]


def spread(figure: Figure, values: Sequence[float], sign: str) -> str:
    """The value as text; of several, mean and deviation with a sign between them."""
    if len(values) < 2:  # noqa: PLR2004 - one value has no spread
        return figure.text(values[0] if values else None)
    return f"{figure.text(mean(values))} {sign} {figure.text(stdev(values))}"


def _csv(rows: Sequence[Row]) -> str:
    """Every digit, and mean and deviation in columns of their own."""
    spread = [f"{name}, {kind}" for name in all_figures() for kind in ("mean", "deviation")]
    lines: list[list[object]] = [["run", "seeds", *spread, "best baseline"]]
    for row in rows:
        cells: list[float | str] = []
        for values in row.figures.values():
            cells.append(mean(values) if values else "")
            cells.append(stdev(values) if len(values) > 1 else "")
        lines.append([row.name, " ".join(map(str, row.seeds)), *cells, row.baseline])
    return csv_text(lines).rstrip("\n")

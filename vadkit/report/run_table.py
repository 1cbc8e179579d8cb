"""Runs in one table, seeds together: Markdown, CSV or LaTeX."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Literal

from vadkit.errors import RecipeError
from vadkit.metrics.figures import MICRO_AUC, Figure, all_figures
from vadkit.report.comparison import FinishedRun
from vadkit.utils.text_tables import csv_text, latex_row, latex_table, latex_text, markdown_table

Form = Literal["markdown", "csv", "latex"]


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
    return Row(name, tuple(sorted(by_seed)), figures, first.metrics.best_baseline)


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
    figures = [_spread(figure, row.figures[name], sign) for name, figure in all_figures().items()]
    return [str(len(row.seeds)), *figures, MICRO_AUC.text(row.baseline)]


def _spread(figure: Figure, values: Sequence[float], sign: str) -> str:
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

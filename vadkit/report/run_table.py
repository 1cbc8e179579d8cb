"""Runs in one table, seeds together: Markdown, CSV or LaTeX."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import mean, stdev
from typing import Literal

from vadkit.errors import RecipeError
from vadkit.metrics.figures import MICRO_AUC, Figure, all_figures
from vadkit.report.finished_run import FinishedRun
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
    groups: dict[str, list[FinishedRun]] = {}
    for result in results:
        groups.setdefault(_identity(result), []).append(result)
    return [_row(group) for group in groups.values()]


def _identity(result: FinishedRun) -> str:
    recipe = {key: value for key, value in result.recipe.items() if key != "seed"}
    data, protocol = result.metrics.data.target, result.metrics.protocol.hash
    return json.dumps([recipe, data, protocol], sort_keys=True)


def _row(group: list[FinishedRun]) -> Row:
    by_seed: dict[int, FinishedRun] = {}
    for result in group:
        if result.seed in by_seed:
            raise RecipeError(
                f"{result.name} and {by_seed[result.seed].name} are one recipe with one seed.",
                "Give one of them; a spread is one over seeds.",
            )
        by_seed[result.seed] = result
    values = {
        name: _all_known([result.metrics.figure(figure) for result in group])
        for name, figure in all_figures().items()
    }
    first = group[0]
    name = f"{first.name} (oracle)" if first.metrics.oracle else first.name
    return Row(name, tuple(sorted(by_seed)), values, first.metrics.best_baseline)


def _all_known(values: Sequence[float | None]) -> tuple[float, ...]:
    """All of them, or none where one is missing: a mean over some seeds is another figure."""
    defined = tuple(value for value in values if value is not None)
    return defined if len(defined) == len(values) else ()


def table(rows: Sequence[Row], form: Form) -> str:
    """The rows as text; several seeds as mean ± standard deviation."""
    return _FORMS[form](rows)


def _cells(row: Row, sign: str) -> list[str]:
    shown = [_spread(figure, row.figures[name], sign) for name, figure in all_figures().items()]
    return [row.name, str(len(row.seeds)), *shown, MICRO_AUC.text(row.baseline)]


def _head() -> list[str]:
    return ["run", "seeds", *all_figures(), "best baseline"]


def _spread(figure: Figure, values: Sequence[float], sign: str) -> str:
    if len(values) < 2:  # noqa: PLR2004 - one value has no spread
        return figure.text(values[0] if values else None)
    return f"{figure.text(mean(values))} {sign} {figure.text(stdev(values))}"


def _markdown(rows: Sequence[Row]) -> str:
    return markdown_table(_head(), [_cells(row, "±") for row in rows])


def _latex(rows: Sequence[Row]) -> str:
    named = [replace(row, name=latex_text(row.name)) for row in rows]
    cells = [_cells(row, r"$\pm$") for row in named]
    return latex_table([latex_row(_head())], cells, len(_head()))


def _csv(rows: Sequence[Row]) -> str:
    """Every digit, and mean and deviation in columns of their own."""
    spread = [f"{name}, {kind}" for name in all_figures() for kind in ("mean", "deviation")]
    lines: list[list[object]] = [["run", "seeds", *spread, "best baseline"]]
    for row in rows:
        cells = [cell for values in row.figures.values() for cell in _digits(values)]
        lines.append([row.name, " ".join(map(str, row.seeds)), *cells, row.baseline])
    return csv_text(lines).rstrip("\n")


def _digits(values: Sequence[float]) -> tuple[float | str, float | str]:
    return (
        mean(values) if values else "",
        stdev(values) if len(values) > 1 else "",
    )


_FORMS: dict[Form, Callable[[Sequence[Row]], str]] = {
    "markdown": _markdown,
    "csv": _csv,
    "latex": _latex,
}

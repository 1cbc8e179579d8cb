"""Runs in one table, seeds together: Markdown, CSV or LaTeX."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import mean, stdev
from typing import Any, Literal

from vadkit.errors import RecipeError
from vadkit.report.figure_names import FIGURES, figure
from vadkit.report.latex import latex_text
from vadkit.runs.finished_run import Result
from vadkit.runs.folder import ORACLE

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


def rows(results: Sequence[Result]) -> list[Row]:
    """Put runs that differ in nothing but their seed into one row.

    Raises:
        RecipeError: Two of them have one seed: they are one result, not two.
    """
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(_identity(result), []).append(result)
    return [_row(group) for group in groups.values()]


def _identity(result: Result) -> str:
    recipe = {key: value for key, value in result.recipe.items() if key != "seed"}
    data, protocol = result.metrics["data"]["target"], result.metrics["protocol"]["hash"]
    return json.dumps([recipe, data, protocol], sort_keys=True)


def _row(group: list[Result]) -> Row:
    by_seed: dict[int, Result] = {}
    for result in group:
        if result.seed in by_seed:
            raise RecipeError(
                f"{result.name} and {by_seed[result.seed].name} are one recipe with one seed.",
                "Give one of them; a spread is one over seeds.",
            )
        by_seed[result.seed] = result
    micro = [of["micro"] for of in group[0].metrics["baselines"].values() if of["micro"]]
    values = {name: _known([figure(of.metrics, name) for of in group]) for name in FIGURES}
    oracle = group[0].metrics["protocol"]["checkpoint"] == ORACLE
    name = f"{group[0].name} (oracle)" if oracle else group[0].name
    return Row(name, tuple(sorted(by_seed)), values, max(micro, default=None))


def _known(values: Sequence[float | None]) -> tuple[float, ...]:
    """All of them, or none where one is missing: a mean over some seeds is another figure."""
    known = tuple(value for value in values if value is not None)
    return known if len(known) == len(values) else ()


def table(found: Sequence[Row], form: Form) -> str:
    """The rows as text; several seeds as mean ± standard deviation."""
    return _FORMS[form](found)


def _cells(row: Row, sign: str) -> list[str]:
    shown = [_spread(row.figures[name], sign) for name in FIGURES]
    return [row.name, str(len(row.seeds)), *shown, _number(row.baseline)]


_HEAD = ["run", "seeds", *FIGURES, "best baseline"]


def _spread(values: Sequence[float], sign: str) -> str:
    if len(values) < 2:  # noqa: PLR2004 - one value has no spread
        return _number(values[0] if values else None)
    return f"{mean(values):.3f} {sign} {stdev(values):.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _markdown(found: Sequence[Row]) -> str:
    lines = [_HEAD, ["--"] * len(_HEAD), *(_cells(row, "±") for row in found)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _latex(found: Sequence[Row]) -> str:
    named = [replace(row, name=latex_text(row.name)) for row in found]
    lines = [_HEAD, *(_cells(row, r"$\pm$") for row in named)]
    body = [" & ".join(line) + r" \\" for line in lines]
    columns = "l" + "r" * (len(_HEAD) - 1)
    begin, end = rf"\begin{{tabular}}{{{columns}}}", r"\end{tabular}"
    return "\n".join([begin, r"\hline", body[0], r"\hline", *body[1:], r"\hline", end])


def _csv(found: Sequence[Row]) -> str:
    """Every digit, and mean and deviation in columns of their own."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    spread = [f"{name}, {kind}" for name in FIGURES for kind in ("mean", "deviation")]
    writer.writerow(["run", "seeds", *spread, "best baseline"])
    for row in found:
        cells: list[Any] = [cell for name in FIGURES for cell in _digits(row.figures[name])]
        writer.writerow([row.name, " ".join(map(str, row.seeds)), *cells, row.baseline])
    return text.getvalue().rstrip("\n")


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

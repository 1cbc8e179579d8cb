"""Finished runs beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from vadkit.cli.output import complain, say, say_table
from vadkit.errors import RunBusyError

if TYPE_CHECKING:
    from vadkit.report.comparison import Comparison
    from vadkit.runs.finished_run import Result

Run = Annotated[Path, typer.Argument(metavar="RUN", help="A finished run's folder.")]
Anyway = Annotated[
    bool, typer.Option("--anyway", help="Also where protocol or data differ; says in what.")
]
_SHOWN = 20
"""Changed recipe keys that are shown."""


def table(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Finished runs.")],
    *,
    form: Annotated[
        Literal["markdown", "csv", "latex"], typer.Option("--format", help="How it is written.")
    ] = "markdown",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it here.")] = None,
    anyway: Anyway = False,
) -> None:
    """Put runs into one table; those that differ in nothing but the seed are one row."""
    from vadkit.report.run_table import rows
    from vadkit.report.run_table import table as written
    from vadkit.runs.atomic import write_text

    found = _comparable(runs, anyway)
    text = written(rows(found), form)
    if out:
        write_text(out, text + "\n")
    say(str(out) if out else text)


def compare(first: Run, other: Run, anyway: Anyway = False) -> None:
    """Hold a run against another: figures, how sure the difference is, what made it."""
    from vadkit.report.comparison import compare as compared

    one, two = _comparable([first, other], anyway)
    found = compared(one, two)
    say_table([_row(name, one.name, two.name, found) for name in found.figures])
    say(_sentence(one.name, two.name, found.intervals["micro AUC"]))
    for key, values in list(found.changed.items())[:_SHOWN]:
        say(f"{key}: {values[0]!r} in {one.name}, {values[1]!r} in {two.name}")
    if len(found.changed) > _SHOWN:
        say(f"... and {len(found.changed) - _SHOWN} more keys of their recipes")


def _comparable(paths: Sequence[Path], anyway: bool) -> list[Result]:
    """The runs, if their figures compare."""
    from vadkit.runs.finished_run import Result, differences

    results = [Result.read(path) for path in paths]
    problems = differences(results)
    if problems and not anyway:
        raise RunBusyError(
            " ".join(problems), "Figures of other protocols or data do not compare; see --anyway."
        )
    for problem in problems:
        complain(problem)
    return results


def _row(name: str, one: str, two: str, found: Comparison) -> dict[str, str]:
    values, ends = found.figures[name], found.intervals.get(name)
    return {
        "figure": name,
        one: _number(values[0]),
        two if two != one else f"{two} (2)": _number(values[1]),
        "difference": _difference(*values),
        "95 of 100 draws of the videos": _between(ends),
    }


def _sentence(one: str, two: str, ends: list[float] | None) -> str:
    if ends is None:
        return "\nThe test videos are too few to say how sure the difference is."
    sure = ends[0] > 0 or ends[1] < 0
    what = "keeps its sign" if sure else "changes its sign"
    advice = "" if sure else ", so these videos do not tell which is better"
    return (
        f"\nDrawn anew from the same videos, the difference of {two} to {one} {what}{advice}. "
        "The spread over seeds comes on top."
    )


def _difference(one: float | None, two: float | None) -> str:
    return "-" if one is None or two is None else _signed(two - one)


def _between(ends: Any) -> str:
    return f"{_signed(ends[0])} to {_signed(ends[1])}" if ends else ""


def _signed(value: float) -> str:
    return f"{value:+.4f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"

"""Finished runs beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vadkit.cli import options
from vadkit.cli.output import complain, say, say_table
from vadkit.errors import RunBusyError

if TYPE_CHECKING:
    from vadkit.metrics.figures import Figure
    from vadkit.report.comparison import Comparison, FinishedRun

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
    from vadkit.report.comparison import rows
    from vadkit.report.comparison import table as written
    from vadkit.runs.atomic import write_text

    text = written(rows(_comparable(runs, anyway)), form)
    if out:
        write_text(out, text + "\n")
    say(str(out) if out else text)


def compare(first: Run, other: Run, anyway: Anyway = False) -> None:
    """Hold a run against another: figures, how sure the difference is, what made it."""
    from vadkit.metrics.figures import MICRO_AUC, all_figures
    from vadkit.report.comparison import compare as compared

    runs = _comparable([first, other], anyway)
    names = runs[0].name, runs[1].name
    if names[0] == names[1]:
        names = names[0], f"{names[1]} (2)"
    comparison = compared(*runs)
    say_table([_row(figure, names, comparison) for figure in all_figures().values()])
    say(_sentence(names, comparison.intervals.get(MICRO_AUC.name, [])))
    for key, values in list(comparison.changed.items())[:_SHOWN]:
        say(f"{key}: {values[0]!r} in {runs[0].name}, {values[1]!r} in {runs[1].name}")
    if len(comparison.changed) > _SHOWN:
        say(f"... and {len(comparison.changed) - _SHOWN} more keys of their recipes")


def gallery(
    run: Run,
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where it goes; `gallery` in the run.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Pictures of each kind, at most.")] = 10,
    plugin: options.Plugins = None,
) -> None:
    """Show where a run fails: pictures of its worst misses and false alarms."""
    from vadkit.recipe import load_recipe
    from vadkit.recipe.schema import TARGET
    from vadkit.report.comparison import FinishedRun
    from vadkit.report.gallery import write_gallery

    finished = FinishedRun.read(run)
    bound = load_recipe(finished.folder.resolved, registry=options.registry(plugin))
    dataset = bound.datasets[TARGET].create()
    say(str(write_gallery(finished, dataset, out or finished.folder.path / "gallery", count)))


def _comparable(paths: Sequence[Path], anyway: bool) -> list[FinishedRun]:
    """The runs, if their figures compare."""
    from vadkit.report.comparison import FinishedRun, differences

    runs = [FinishedRun.read(path) for path in paths]
    problems = list(differences(runs))
    if problems and not anyway:
        raise RunBusyError(
            " ".join(problems), "Figures of other protocols or data do not compare; see --anyway."
        )
    for problem in problems:
        complain(problem)
    return runs


def _row(figure: Figure, names: tuple[str, str], comparison: Comparison) -> dict[str, str]:
    first, other = comparison.figures[figure.name]
    difference = None if first is None or other is None else other - first
    better = ""  # where it is the same, or not there
    if difference:
        better = names[(difference > 0) == figure.higher_is_better]
    ends = comparison.intervals.get(figure.name) or []
    return {
        "figure": figure.name,
        names[0]: figure.text(first, more=1),
        names[1]: figure.text(other, more=1),
        "difference": figure.text(difference, more=1, sign="+"),
        "better": better,
        "95 of 100 draws of the videos": " to ".join(
            figure.text(end, more=1, sign="+") for end in ends
        ),
    }


def _sentence(names: tuple[str, str], ends: list[float] | None) -> str:
    if ends is None:
        return "\nThe test videos are too few to say how sure the difference is."
    if not ends:
        return "\nProtocol or data differ, so nothing says how sure the difference is."
    if ends[0] == ends[1] == 0:
        return "\nBoth have the same micro AUC, however their videos are drawn."
    sure = ends[0] > 0 or ends[1] < 0
    what = "keeps its sign" if sure else "changes its sign"
    advice = "" if sure else ", so these videos do not tell which is better"
    return (
        f"\nDrawn anew from the same videos, the difference of {names[1]} to {names[0]} "
        f"{what}{advice}. The spread over seeds comes on top."
    )

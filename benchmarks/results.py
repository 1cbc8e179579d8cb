"""The rows of `docs/results.md`, made from run folders: what was reached, and with what.

    python benchmarks/results.py runs/sota-1 runs/sota-2
    python benchmarks/results.py runs/* --page docs/results.md --part four-questions
    python benchmarks/results.py runs/* --readings
    python benchmarks/results.py runs/* --kinds

`--readings` has a row for each protocol (`score.also`) and a column for each data set, micro and
macro AUC; draws of one synthetic set are averaged. `--kinds` has a row for each kind of anomaly.
Runs that differ in nothing but their seed are one row. With `--page`, the rows take the place of
what stands there between `<!-- runs four-questions -->` and `<!-- end -->`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from vadkit.errors import RecipeError, VadkitError
from vadkit.metrics.figures import MICRO_AUC, all_figures
from vadkit.report.comparison import FinishedRun, Row, rows, spread
from vadkit.runs.atomic import read_json, write_text
from vadkit.runs.events import read_events
from vadkit.utils.text_tables import markdown_table


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the rows, or write them into a page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--page", type=Path, metavar="FILE")
    parser.add_argument("--part", metavar="NAME", help="which part of the page")
    tables = parser.add_mutually_exclusive_group()
    tables.add_argument("--readings", action="store_const", const=readings, dest="table")
    tables.add_argument("--kinds", action="store_const", const=kinds, dest="table")
    parser.set_defaults(table=results)
    options = parser.parse_args(arguments)
    try:
        table = options.table([FinishedRun.read(path) for path in options.runs])
        if options.page:
            write_text(options.page, replaced(options.page, options.part, table))
        else:
            print(table)
    except VadkitError as error:
        parser.exit(error.exit_code, f"{error}\n")


def results(runs: Sequence[FinishedRun]) -> str:
    """A Markdown table with a row for each recipe on each data set.

    Raises:
        RecipeError: Two of the runs are one recipe with one seed.
    """
    by_seed = rows(runs)
    figures = [name for name in all_figures() if any(row.figures[name] for row in by_seed)]
    lines = [[*_facts(row), *_reached(row, figures)] for row in by_seed]
    return markdown_table([*FACTS, *figures, "best baseline"], lines)


FACTS = ("run", "data", "seeds", "protocol", "boxes", "machine", "minutes")


def _facts(row: Row) -> list[str]:
    """What a row's figures were made with."""
    first = row.runs[0]
    target = {key: value for key, value in first.recipe["data"]["target"].items() if key != "path"}
    options = [f"{key} {target[key]}" for key in sorted(target.keys() - {"dataset", "every"})]
    detectors = [detector["name"] for detector in first.recipe["objects"]["detectors"]]
    times = [_minutes(run) for run in row.runs]
    return [
        row.name,
        ", ".join([target["dataset"], *options]),
        ", ".join(map(str, row.seeds)),
        f"`{first.metrics.protocol.hash}`",
        " and ".join(detectors),
        _machine(first),
        "-" if None in times else f"{mean(filter(None, times)):.1f}",
    ]


def _reached(row: Row, figures: Sequence[str]) -> list[str]:
    spreads = [spread(all_figures()[name], row.figures[name], "±") for name in figures]
    return [*spreads, MICRO_AUC.text(row.baseline)]


def readings(runs: Sequence[FinishedRun]) -> str:
    """A Markdown table with a row for each protocol and a column for each data set."""
    sets = _by_data(runs)
    figures = (MICRO_AUC, all_figures()["macro AUC, skipped"])
    lines = []
    for name in _protocols(runs):
        pairs = [[_mean(of, name, figure.value) for figure in figures] for of in sets.values()]
        lines.append([name, *(" / ".join(pair) for pair in pairs)])
    return markdown_table(["micro / macro AUC", *sets], lines)


def kinds(runs: Sequence[FinishedRun]) -> str:
    """A Markdown table with a row for each kind of anomaly and a column for each protocol."""
    names = {kind for run in runs for kind in _judged(run, MAIN).get("kinds", {})}
    protocols = _protocols(runs)
    with_kinds = [run for run in runs if "kinds" in _judged(run, MAIN)]
    lines = []
    for kind in sorted(names):
        value = partial(_of_kind, kind)
        lines.append([kind, *(_mean(with_kinds, name, value) for name in protocols)])
    return markdown_table(["micro AUC", *protocols], lines)


MAIN = "main"


def _of_kind(kind: str, tree: Mapping[str, Any]) -> float | None:
    value: float | None = tree.get("kinds", {}).get(kind)
    return value


def _by_data(runs: Sequence[FinishedRun]) -> dict[str, list[FinishedRun]]:
    sets: dict[str, list[FinishedRun]] = {}
    for run in runs:
        sets.setdefault(run.metrics.data.datasets["target"], []).append(run)
    return sets


def _protocols(runs: Sequence[FinishedRun]) -> list[str]:
    return list(dict.fromkeys([MAIN, *(name for run in runs for name in run.metrics.also)]))


def _judged(run: FinishedRun, protocol: str) -> Mapping[str, Any]:
    """The figures under a protocol, as the file has them."""
    judged = run.metrics if protocol == MAIN else run.metrics.also[protocol]
    return judged.tree()


def _mean(
    runs: Sequence[FinishedRun], protocol: str, value: Callable[[Mapping[str, Any]], float | None]
) -> str:
    """The mean over seeds, and the deviation; of each seed the mean over draws of the data."""
    by_seed: dict[int, list[float]] = {}
    for run in (run for run in runs if protocol == MAIN or protocol in run.metrics.also):
        figure = value(_judged(run, protocol))
        if figure is not None:
            by_seed.setdefault(run.metrics.seed, []).append(figure)
    means = [mean(of) for of in by_seed.values()]
    deviation = f" ± {stdev(means):.3f}" if len(means) > 1 else ""
    return f"{mean(means):.3f}{deviation}" if means else "-"


def _machine(run: FinishedRun) -> str:
    """The first of its GPUs, or how many threads on what kind of processor."""
    environment = read_json(run.folder.environment) or {}
    if run.metrics.device != "cpu":
        return str(environment["torch"]["devices"][0])
    threads = run.metrics.threads
    return f"{threads} thread{'s' * (threads > 1)}, {environment['machine']}"


def _minutes(run: FinishedRun) -> float | None:
    """From its start to its end; None where it stopped in between.

    Boxes and descriptions are in it where no run before had made them.
    """
    times = {
        name: [event["time"] for event in read_events(run.folder.events) if event["event"] == name]
        for name in ("run_started", "run_done")
    }
    if any(len(of) != 1 for of in times.values()):
        return None
    start, end = (datetime.fromisoformat(of[0]) for of in times.values())
    return (end - start).total_seconds() / 60


def replaced(page: Path, part: str | None, table: str) -> str:
    """The page's text with a table in the place of a part.

    Raises:
        RecipeError: The page has no such part, or several.
    """
    begin, end = f"<!-- runs {part} -->", "<!-- end -->"
    pattern, new = f"{re.escape(begin)}\n.*?{re.escape(end)}", f"{begin}\n{table}\n{end}"
    text, count = re.subn(pattern, lambda _: new, page.read_text("utf-8"), flags=re.DOTALL)
    if count != 1:
        raise RecipeError(
            f"{page} has {count} parts {part!r}.", f"Put {begin!r} and {end!r} where it belongs."
        )
    return text


if __name__ == "__main__":
    main()

"""What a sweep's cells came to: a line for each row, mode, data set, seed and phase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vadkit.metrics.figures import all_figures
from vadkit.sweep.cell_state import CellState
from vadkit.sweep.expansion import Entry
from vadkit.utils.text_tables import csv_text

DONE, FAILED, OPEN = "done", "failed", "open"


@dataclass(frozen=True)
class PhaseLine:
    """One phase of one cell as one row shows it."""

    entry: Entry
    number: int
    """From 1."""
    stage: str
    tasks: str
    figures: Mapping[str, float | None]
    """By name, all of `vadkit.metrics.figures`; None where it is not known or not defined."""
    baseline: float | None
    """Micro AUC of the best of the scores for which nothing was learned."""
    steps: int
    """Optimizer steps that this cell took; none where the phase was restored."""
    seconds: float | None
    status: str
    reason: str


def lines_of(
    entries: Sequence[Entry], states: Mapping[str, CellState], reasons: Mapping[str, str]
) -> list[PhaseLine]:
    """Every phase of every entry.

    Args:
        entries: In the grid's order.
        states: Name of a cell -> how far it is.
        reasons: Name of a cell -> why it failed.
    """
    return [
        line
        for entry in entries
        for line in _lines(entry, states[entry.cell.name], reasons.get(entry.cell.name, ""))
    ]


def _lines(entry: Entry, state: CellState, reason: str) -> Iterator[PhaseLine]:
    for number, phase in enumerate(entry.cell.recipe.phase, start=1):
        judged = state.phases.get(number)
        last = number == len(entry.cell.recipe.phase)
        # Figures of regions are those of the whole run, which end with its last phase.
        source = (state.metrics if last else None) or judged
        done = judged is not None and (state.finished or not last)
        yield PhaseLine(
            entry,
            number,
            entry.stages[number - 1],
            phase.title,
            {name: source.figure(f) if source else None for name, f in all_figures().items()},
            state.metrics.best_baseline if state.metrics else None,
            state.steps[number],
            sum(judged.seconds.values()) if judged else None,
            DONE if done else FAILED if reason else OPEN,
            "" if done else reason,
        )


def best_of_boxes(lines: Sequence[PhaseLine]) -> float | None:
    """The micro AUC that was reached without learning."""
    return max((line.baseline for line in lines if line.baseline is not None), default=None)


def csv_columns() -> list[str]:
    """The columns of `results.csv`."""
    before = ("row", "mode", "dataset", "seed", "phase", "stage", "tasks")
    after = ("best baseline", "steps", "seconds", "status", "reason", "run")
    return [*before, *all_figures(), *after]


def results_csv(lines: Sequence[PhaseLine]) -> str:
    """The lines as CSV; what is not known is empty."""
    return csv_text([csv_columns(), *map(_csv_row, lines)])


def _csv_row(line: PhaseLine) -> list[object]:
    entry = line.entry
    return [
        *(entry.row, entry.mode, entry.dataset, entry.seed),
        *(line.number, line.stage, line.tasks),
        *line.figures.values(),
        *(line.baseline, line.steps, line.seconds, line.status, line.reason),
        f"cells/{entry.cell.name}",
    ]

"""What a sweep's cells came to: a line for each phase, and a figure stage by stage over seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean, stdev

from vadkit.metrics.figures import all_figures
from vadkit.metrics.metrics_schema import Judged, Metrics, PhaseFigures
from vadkit.recipe.schema import MAIN
from vadkit.sweep.expansion import Entry
from vadkit.sweep.folder import CellState, Reasons, States
from vadkit.sweep.schema import ALL, OWN, Grid
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

    @property
    def is_last(self) -> bool:
        """Whether the phase is the last of its cell."""
        return self.number == len(self.entry.stages)

    def row(self) -> dict[str, object]:
        """The line as `results.csv` has it."""
        entry = self.entry
        return {
            "row": entry.row,
            "mode": entry.mode,
            "dataset": entry.dataset,
            "seed": entry.seed,
            "phase": self.number,
            "stage": self.stage,
            "tasks": self.tasks,
            **self.figures,
            "best baseline": self.baseline,
            "steps": self.steps,
            "seconds": self.seconds,
            "status": self.status,
            "reason": self.reason,
            "run": f"cells/{entry.cell.name}",
        }


def lines_of(
    entries: Sequence[Entry], states: States, reasons: Reasons, readings: Sequence[str] = ()
) -> list[PhaseLine]:
    """Every phase of every entry, by the main protocol and by further ones."""
    return [
        line
        for entry in entries
        for reading in (MAIN, *readings)
        for line in _lines(
            entry, states[entry.cell.name], reasons.get(entry.cell.name, ""), reading
        )
    ]


def _lines(entry: Entry, state: CellState, reason: str, reading: str) -> Iterator[PhaseLine]:
    shown = entry if reading == MAIN else replace(entry, row=f"{entry.row}: {reading}")
    for number, phase in enumerate(entry.cell.recipe.phase, start=1):
        judged = state.phases.get(number)
        last = number == len(entry.cell.recipe.phase)
        # Figures of regions are those of the whole run, which end with its last phase.
        source = _read((state.metrics if last else None) or judged, reading)
        done = judged is not None and (state.finished or not last)
        yield PhaseLine(
            shown,
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


def _read(source: Metrics | PhaseFigures | None, reading: str) -> Judged | None:
    """The figures by one of the protocols; none where it has none yet."""
    if source is None or reading == MAIN:
        return source
    return source.also.get(reading)


def results_csv(lines: Sequence[PhaseLine]) -> str:
    """The lines, of which there is at least one, as CSV; what is not known is empty."""
    return csv_text([list(lines[0].row()), *(list(line.row().values()) for line in lines)])


def best_of_boxes(lines: Sequence[PhaseLine]) -> float | None:
    """The micro AUC that was reached without learning."""
    return max((line.baseline for line in lines if line.baseline is not None), default=None)


@dataclass(frozen=True)
class Point:
    """A figure after a stage, over the seeds that have it."""

    values: tuple[float, ...]
    """As `Figure.scaled` gives them: a share in percent."""
    seeds: int
    """How many there are, with a value or not; none before the first step."""
    carried: bool = False
    """Whether the stage had no step, so that the figure is that of the stage before."""

    @property
    def mean(self) -> float | None:
        return mean(self.values) if self.values else None

    @property
    def deviation(self) -> float | None:
        """Between seeds; None of fewer than two."""
        return stdev(self.values) if len(self.values) > 1 else None


def stages_of(grid: Grid, mode: str) -> list[str]:
    """The columns of a mode; what has but one shows where it ended."""
    if mode == ALL:
        return [ALL]
    if grid.stages:
        return list(grid.stages)
    if mode == OWN:
        return ["end"]
    return [grid.stage(i) for i in range(max(len(row.order or ()) for row in grid.row))]


def curve(lines: Sequence[PhaseLine], figure: str, stages: Sequence[str]) -> list[Point]:
    """A figure after each stage, of the lines of one row, mode and data set with all seeds.

    A stage without a step leaves the figure as it was, and before the first step there is none.
    """
    seeds = len({line.entry.seed for line in lines})
    if len(stages) == 1:
        return [_point([line for line in lines if line.is_last], figure, seeds)]
    points = [Point((), 0)]
    for stage in stages:
        # Of each seed, the stage's last phase.
        ends = {line.entry.seed: line for line in lines if line.stage == stage}
        point = _point(list(ends.values()), figure, seeds)
        points.append(point if ends else replace(points[-1], carried=True))
    return points[1:]


def _point(lines: Sequence[PhaseLine], figure: str, seeds: int) -> Point:
    values = [line.figures[figure] for line in lines]
    scaled = all_figures()[figure].scaled
    return Point(tuple(scaled(value) for value in values if value is not None), seeds)

"""A figure stage by stage, with all seeds: what tables and plots show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import mean, stdev

from vadkit.metrics.figures import all_figures
from vadkit.sweep.orders import ALL
from vadkit.sweep.phase_lines import PhaseLine
from vadkit.sweep.schema import OWN, Grid


@dataclass(frozen=True)
class Point:
    """A figure after a stage, over the seeds that have it."""

    values: tuple[float, ...]
    """As `Figure.scaled` gives them: a share in percent."""
    wanted: int
    """How many seeds there are; none before the first step."""
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
    """A figure after each stage of one row, mode and data set.

    A stage without a step leaves the figure as it was, and before the first step there is none.

    Args:
        lines: Of one row, mode and data set, all seeds.
        figure: The name of one in `vadkit.metrics.figures`.
        stages: In their order.
    """
    seeds = len({line.entry.seed for line in lines})
    if len(stages) == 1:
        return [_point([line for line in lines if is_last(line)], figure, seeds)]
    points = [Point((), 0)]
    for stage in stages:
        of_stage = [line for line in lines if line.stage == stage]
        last = {line.entry.seed: line for line in of_stage}  # of each seed, the stage's last phase
        point = _point(list(last.values()), figure, seeds)
        points.append(point if of_stage else replace(points[-1], carried=True))
    return points[1:]


def is_last(line: PhaseLine) -> bool:
    """Whether a line is of the last phase of its cell."""
    return line.number == len(line.entry.stages)


def _point(lines: Sequence[PhaseLine], figure: str, seeds: int) -> Point:
    values = [line.figures[figure] for line in lines]
    scaled = all_figures()[figure].scaled
    return Point(tuple(scaled(value) for value in values if value is not None), seeds)

"""Estimate of what a sweep still has to do, and how long; nothing is trained for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vadkit.sweep.cell_state import CellState
from vadkit.sweep.expansion import Cell, Entry, entries_of
from vadkit.sweep.folder import SweepFolder
from vadkit.sweep.grid import GridFile
from vadkit.sweep.options import Options, Shares, always
from vadkit.sweep.schedule import Count, cells_of, count, keys_done, total, trainings
from vadkit.sweep.schema import Grid
from vadkit.sweep.timings import Timings
from vadkit.utils.progress import duration
from vadkit.utils.threads import fair_share


@dataclass(frozen=True)
class Estimate:
    """What remains of a sweep."""

    title: str
    rows: int
    datasets: tuple[str, ...]
    seeds: tuple[int, ...]
    cells: int
    finished: int
    counts: Mapping[str, Count]
    """Mode -> its trainings."""
    jobs: int
    seconds: float | None
    """That it may take; None where nothing is known. Where `untimed` is not empty, at least."""
    untimed: tuple[str, ...]
    """Tasks whose training was never timed."""

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        counts = {**self.counts, "total": total(self.counts)}
        numbers = {
            mode: {**asdict(mode_count), "remaining": mode_count.remaining}
            for mode, mode_count in counts.items()
        }
        return {**asdict(self), "counts": numbers}


def planned(file: GridFile, out: Path, jobs: int, options: Options | None = None) -> Estimate:
    """What is left of a grid, in a folder that need not be there yet.

    Args:
        file: The grid.
        out: Folder of the sweep.
        jobs: Cells at once.
        options: How cells would be run: on another machine, less can be taken over.

    Raises:
        VadkitError: The grid or the folder cannot be used.
    """
    folder = SweepFolder(out)
    entries = entries_of(file, folder.known())
    cells = cells_of(entries)
    states = {cell.name: CellState.read(folder.cell(cell.name)) for cell in cells}
    shares = (options or Options()).shares(fair_share(jobs))
    return estimate(file.grid, entries, states, jobs, Timings(cells, states), shares=shares)


def estimate(
    grid: Grid,
    entries: Sequence[Entry],
    states: Mapping[str, CellState],
    jobs: int,
    timings: Timings,
    *,
    shares: Shares = always,
) -> Estimate:
    """Count what is left and say how long it may take.

    Args:
        grid: What was asked for.
        entries: Its cells, row by row.
        states: Name of a cell -> how far it is.
        jobs: Cells at once.
        timings: What was timed before.
        shares: Whether other cells find what a cell trained.
    """
    cells = cells_of(entries)
    done = keys_done(cells, states, shares)
    open_cells = [cell for cell in cells if not states[cell.name].finished]
    works = _works(open_cells, done, timings)
    untimed = sorted({name for work in works for name in work.untimed})
    timed = not untimed or any(work.training_s for work in works)
    return Estimate(
        grid.title,
        len(grid.row),
        tuple(dict.fromkeys(entry.dataset for entry in entries)),
        grid.seeds,
        len(cells),
        len(cells) - len(open_cells),
        count(entries, done),
        jobs,
        _wall([work.training_s + work.other_s for work in works], jobs) if timed else None,
        tuple(untimed),
    )


@dataclass(frozen=True)
class _Work:
    training_s: float
    other_s: float
    untimed: tuple[str, ...]


def _works(cells: Sequence[Cell], done: set[str], timings: Timings) -> list[_Work]:
    """What is left for each cell, if each training is done by the first that needs it."""
    taken = set(done)
    works = []
    for cell in cells:
        phases = {key: number for key, number in trainings(cell).items() if key not in taken}
        taken |= phases.keys()
        works.append(_work(cell, sorted(phases.values()), timings))
    return works


def _work(cell: Cell, numbers: Sequence[int], timings: Timings) -> _Work:
    phases = [cell.recipe.phase[number - 1] for number in numbers]
    trainings_s = [(phase, timings.training(cell.recipe, phase)) for phase in phases]
    evaluations = len(phases) if cell.recipe.score.every_phase else 1
    other_s = max(1, evaluations) * timings.evaluation(cell.recipe) + timings.rest(cell.recipe)
    unknown = [phase for phase, seconds in trainings_s if seconds is None]
    untimed = [name for phase in unknown for name in timings.untimed(cell.recipe, phase)]
    return _Work(
        sum(seconds for _, seconds in trainings_s if seconds is not None), other_s, tuple(untimed)
    )


def _wall(seconds: Sequence[float], jobs: int) -> float:
    """Cells side by side, but no faster than the longest."""
    return max(sum(seconds) / jobs, max(seconds, default=0.0))


def table(estimate: Estimate) -> list[dict[str, str]]:
    """The counts of trainings, a line a mode."""
    counts = (
        {**estimate.counts, "all": total(estimate.counts)}
        if len(estimate.counts) > 1
        else estimate.counts
    )
    return [
        {
            "mode": mode,
            "rows x data sets x seeds": str(mode_count.entries),
            "trainings alone": _each(mode_count.alone, estimate),
            "shared": _each(mode_count.shared, estimate),
            "done": str(mode_count.done),
            "remaining": str(mode_count.remaining),
        }
        for mode, mode_count in counts.items()
    ]


def _each(trainings: int, estimate: Estimate) -> str:
    """So many, and how many a seed where that says more."""
    seeds = len(estimate.seeds)
    a_seed = f" ({trainings // seeds} a seed)" if seeds > 1 and trainings % seeds == 0 else ""
    return f"{trainings}{a_seed}"


def sentence(estimate: Estimate) -> str:
    """How long it may take, or that nobody knows."""
    if estimate.finished == estimate.cells:
        return "Everything is done."
    jobs = f"{estimate.jobs} job{'s' if estimate.jobs > 1 else ''} at once"
    untimed = ", ".join(estimate.untimed[:_MOST])
    more = f" and {len(estimate.untimed) - _MOST} more" if len(estimate.untimed) > _MOST else ""
    never = f"Never timed: {untimed}{more}." if untimed else ""
    if estimate.seconds is None:
        return f"{never} So nobody knows how long it takes."
    least = "at least " if untimed else "about "
    return f"With {jobs} it may take {least}{duration(estimate.seconds)}. {never}".strip()


_MOST = 6

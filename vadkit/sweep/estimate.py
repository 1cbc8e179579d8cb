"""What a sweep still has to do, and how long that may take: nothing is trained to know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vadkit.registry.registry import Registry
from vadkit.sweep.cell_state import CellState
from vadkit.sweep.expansion import Cell, Entry, entries_of
from vadkit.sweep.folder import SweepFolder
from vadkit.sweep.grid import GridFile
from vadkit.sweep.schedule import Count, cells_of, count, keys_done, total, trainings
from vadkit.sweep.schema import Grid
from vadkit.sweep.timings import Timings
from vadkit.utils.progress import duration


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
        every = {**self.counts, "total": total(self.counts)}
        numbers = {mode: {**asdict(of), "remaining": of.remaining} for mode, of in every.items()}
        return {**asdict(self), "counts": numbers}


def planned(file: GridFile, registry: Registry, out: Path, jobs: int) -> Estimate:
    """What is left of a grid, in a folder that need not be there yet.

    Args:
        file: The grid.
        registry: Where its plugins come from.
        out: Folder of the sweep.
        jobs: Cells at once.

    Raises:
        VadkitError: The grid or the folder cannot be used.
    """
    folder = SweepFolder(out)
    entries = entries_of(file, registry, folder.known())
    cells = cells_of(entries)
    states = {cell.name: CellState.read(folder.cell(cell.name)) for cell in cells}
    return estimate(file.grid, entries, states, jobs, Timings(cells, states))


def estimate(
    grid: Grid,
    entries: Sequence[Entry],
    states: Mapping[str, CellState],
    jobs: int,
    timings: Timings,
) -> Estimate:
    """Count what is left and say how long it may take.

    Args:
        grid: What was asked for.
        entries: Its cells, row by row.
        states: Name of a cell -> how far it is.
        jobs: Cells at once.
        timings: What was timed before.
    """
    cells = cells_of(entries)
    done = keys_done(cells, states)
    open_cells = [cell for cell in cells if not states[cell.name].finished]
    works = _works(open_cells, done, timings)
    untimed = sorted({name for work in works for name in work.untimed})
    known = not untimed or any(work.training_s for work in works)
    return Estimate(
        grid.title,
        len(grid.row),
        tuple(dict.fromkeys(entry.dataset for entry in entries)),
        grid.seeds,
        len(cells),
        len(cells) - len(open_cells),
        count(entries, done),
        jobs,
        _wall([work.training_s + work.other_s for work in works], jobs) if known else None,
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
        own = {key: number for key, number in trainings(cell).items() if key not in taken}
        taken |= own.keys()
        works.append(_work(cell, sorted(own.values()), timings))
    return works


def _work(cell: Cell, numbers: Sequence[int], timings: Timings) -> _Work:
    phases = [cell.recipe.phase[number - 1] for number in numbers]
    found = [(phase, timings.training(cell.recipe, phase)) for phase in phases]
    evaluations = len(phases) if cell.recipe.score.every_phase else 1
    other_s = max(1, evaluations) * timings.evaluation(cell.recipe) + timings.rest(cell.recipe)
    unknown = [phase for phase, of in found if of is None]
    untimed = [name for phase in unknown for name in timings.untimed(cell.recipe, phase)]
    return _Work(sum(of for _, of in found if of is not None), other_s, tuple(untimed))


def _wall(seconds: Sequence[float], jobs: int) -> float:
    """Cells side by side, but no faster than the longest."""
    return max(sum(seconds) / jobs, max(seconds, default=0.0))


def table(found: Estimate) -> list[dict[str, str]]:
    """The counts of trainings, a line a mode."""
    every = {**found.counts, "all": total(found.counts)} if len(found.counts) > 1 else found.counts
    return [
        {
            "mode": mode,
            "rows x data sets x seeds": str(of.entries),
            "trainings alone": _each(of.alone, found),
            "shared": _each(of.shared, found),
            "done": str(of.done),
            "remaining": str(of.remaining),
        }
        for mode, of in every.items()
    ]


def _each(trainings: int, found: Estimate) -> str:
    """So many, and how many a seed where that says more."""
    seeds = len(found.seeds)
    a_seed = f" ({trainings // seeds} a seed)" if seeds > 1 and trainings % seeds == 0 else ""
    return f"{trainings}{a_seed}"


def sentence(found: Estimate) -> str:
    """How long it may take, or that nobody knows."""
    if found.finished == found.cells:
        return "Everything is done."
    jobs = f"{found.jobs} job{'s' if found.jobs > 1 else ''} at once"
    untimed = ", ".join(found.untimed[:_MOST])
    more = f" and {len(found.untimed) - _MOST} more" if len(found.untimed) > _MOST else ""
    never = f"Never timed: {untimed}{more}." if untimed else ""
    if found.seconds is None:
        return f"{never} So nobody knows how long it takes."
    least = "at least " if untimed else "about "
    return f"With {jobs} it may take {least}{duration(found.seconds)}. {never}".strip()


_MOST = 6

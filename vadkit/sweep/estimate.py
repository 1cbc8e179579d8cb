"""Estimate of what a sweep still has to do, and how long; nothing is trained for it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

from vadkit.sweep.cell_state import CellState, States
from vadkit.sweep.expansion import Entry, entries_of
from vadkit.sweep.folder import SweepFolder
from vadkit.sweep.grid import GridFile
from vadkit.sweep.schedule import Options, cells_of, keys_done, trainings
from vadkit.sweep.schema import Grid
from vadkit.sweep.timings import Timings
from vadkit.utils.progress import duration
from vadkit.utils.threads import fair_share

_MOST = 6
"""Tasks that are named."""


@dataclass(frozen=True)
class Count:
    """Trainings of phases, in one mode or in all."""

    entries: int
    """Rows x data sets x seeds."""
    alone: int
    """If each of them trained everything itself."""
    shared: int
    """With what they share trained once."""
    done: int

    @property
    def remaining(self) -> int:
        return self.shared - self.done


def count(entries: Sequence[Entry], done: Container[str]) -> dict[str, Count]:
    """Mode -> its trainings, of which some are done; what two modes share counts for the first."""
    counts: dict[str, Count] = {}
    counted: set[str] = set()
    for mode in dict.fromkeys(entry.mode for entry in entries):
        by_cell = [trainings(entry.cell) for entry in entries if entry.mode == mode]
        keys = {key for phases in by_cell for key in phases} - counted
        alone, keys_done = sum(map(len, by_cell)), sum(key in done for key in keys)
        counts[mode] = Count(len(by_cell), alone, len(keys), keys_done)
        counted |= keys
    return counts


def total(counts: Mapping[str, Count]) -> Count:
    """All modes together."""
    return Count(*map(sum, zip(*map(astuple, counts.values()), strict=True)))


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
        numbers = {mode: {**asdict(c), "remaining": c.remaining} for mode, c in counts.items()}
        return {**asdict(self), "counts": numbers}

    def table(self) -> list[dict[str, str]]:
        """The counts of trainings, a line a mode."""
        several = {"all": total(self.counts)} if len(self.counts) > 1 else {}
        return [
            {
                "mode": mode,
                "rows x data sets x seeds": str(mode_count.entries),
                "trainings alone": self._each(mode_count.alone),
                "shared": self._each(mode_count.shared),
                "done": str(mode_count.done),
                "remaining": str(mode_count.remaining),
            }
            for mode, mode_count in {**self.counts, **several}.items()
        ]

    def _each(self, trainings: int) -> str:
        """So many, and how many a seed where that says more."""
        seeds = len(self.seeds)
        a_seed = f" ({trainings // seeds} a seed)" if seeds > 1 and trainings % seeds == 0 else ""
        return f"{trainings}{a_seed}"

    def sentence(self) -> str:
        """How long it may take, or that nobody knows."""
        if self.finished == self.cells:
            return "Everything is done."
        more = f" and {len(self.untimed) - _MOST} more" if len(self.untimed) > _MOST else ""
        names = ", ".join(self.untimed[:_MOST])
        never = f"Never timed: {names}{more}." if names else ""
        if self.seconds is None:
            return f"{never} So nobody knows how long it takes."
        jobs = f"{self.jobs} job{'s' if self.jobs > 1 else ''} at once"
        least = "at least" if names else "about"
        return f"With {jobs} it may take {least} {duration(self.seconds)}. {never}".strip()


def planned(file: GridFile, out: Path, jobs: int, options: Options | None = None) -> Estimate:
    """What is left of a grid, in a folder that need not be there yet.

    Raises:
        VadkitError: The grid or the folder cannot be used.
    """
    folder = SweepFolder(out)
    entries = entries_of(file, folder.names())
    cells = cells_of(entries)
    states = {cell.name: CellState.read(folder.cell(cell.name)) for cell in cells}
    unshared = (options or Options()).unshared(cells, states, fair_share(jobs))
    return estimate(file.grid, entries, states, jobs, Timings(cells, states), unshared=unshared)


def estimate(
    grid: Grid,
    entries: Sequence[Entry],
    states: States,
    jobs: int,
    timings: Timings,
    *,
    unshared: Container[str] = (),
) -> Estimate:
    """Count what is left and say how long it may take."""
    cells = cells_of(entries)
    done = keys_done(cells, states, unshared)
    open_cells = [cell for cell in cells if not states[cell.name].finished]
    taken, untimed, timed = set(done), set[str](), False
    cell_seconds: list[float] = []
    for cell in open_cells:  # each training is done by the first that needs it
        recipe, keys = cell.recipe, trainings(cell)
        phases = [recipe.phase[number - 1] for key, number in keys.items() if key not in taken]
        taken |= keys.keys()
        training_s = 0.0
        for phase in phases:
            phase_s, untimed_tasks = timings.training(recipe, phase)
            training_s += phase_s
            untimed.update(untimed_tasks)
        evaluations = max(1, len(phases)) if recipe.score.every_phase else 1
        timed = timed or training_s > 0
        cell_seconds.append(training_s + timings.beside_training(recipe, evaluations))
    # Cells go side by side, but no faster than the longest.
    wall_s = max(sum(cell_seconds) / jobs, max(cell_seconds, default=0.0))
    return Estimate(
        grid.title,
        len(grid.row),
        tuple(dict.fromkeys(entry.dataset for entry in entries)),
        grid.seeds,
        len(cells),
        len(cells) - len(open_cells),
        count(entries, done),
        jobs,
        wall_s if timed or not untimed else None,
        tuple(sorted(untimed)),
    )

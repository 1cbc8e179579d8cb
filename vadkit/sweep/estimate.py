"""Estimate of what a sweep still has to do, and how long; nothing is trained for it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from vadkit.recipe import Phase, Recipe, TaskEntry
from vadkit.runs.atomic import read_json, write_json
from vadkit.sweep.expansion import Cell, Entry, entries_of
from vadkit.sweep.folder import CellState, States, SweepFolder
from vadkit.sweep.grid import GridFile
from vadkit.sweep.schedule import (
    Count,
    Options,
    cells_of,
    count,
    keys_done,
    total,
    trainings,
)
from vadkit.sweep.schema import Grid
from vadkit.utils.cache_dir import cache_home
from vadkit.utils.hashing import hash_of
from vadkit.utils.progress import duration
from vadkit.utils.threads import fair_share

TIMINGS_SCHEMA = 1
_MOST = 6
"""Tasks that are named."""
_SIZES = {"precision", "channels", "data", "objects", "frames", "backbone", "backbones"}
"""What of a recipe decides how long things take, beside phases and batches."""


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


class Timings:
    """Seconds of an epoch of each phase, of an evaluation, and of the rest of a cell.

    Those of this sweep go before those that earlier ones noted. Only what was done with the same
    data and sizes counts: anything else would be a guess.
    """

    def __init__(self, cells: Sequence[Cell], states: States, home: Path | None = None) -> None:
        self._file = cache_home(home) / "timings.json"
        noted = read_json(self._file) or {}
        current = noted.get("schema_version") == TIMINGS_SCHEMA
        self._seconds: dict[str, float] = dict(noted["seconds"]) if current else {}
        measured: dict[str, list[float]] = {}
        for cell in cells:
            for name, seconds in _measured(cell.recipe, states[cell.name]).items():
                measured.setdefault(name, []).append(seconds)
        self._seconds |= {name: mean(seconds) for name, seconds in measured.items()}

    def save(self) -> None:
        """Note them for later sweeps; a full disk is no reason to fail."""
        with suppress(Exception):
            content = {"schema_version": TIMINGS_SCHEMA, "seconds": self._seconds}
            write_json(self._file, content)

    def training(self, recipe: Recipe, phase: Phase) -> tuple[float, list[str]]:
        """Seconds of a phase, and its tasks that were never timed, without which none are known.

        A phase that was not timed itself takes as long as its tasks one after another.
        """
        epoch_s = self._seconds.get(_epoch(recipe, phase, phase.tasks))
        if epoch_s is not None:
            return epoch_s * phase.epochs, []
        tasks_s = {t.name: self._seconds.get(_epoch(recipe, phase, [t])) for t in phase.tasks}
        timed = [seconds for seconds in tasks_s.values() if seconds is not None]
        untimed = [name for name, seconds in tasks_s.items() if seconds is None]
        return 0.0 if untimed else sum(timed) * phase.epochs, untimed

    def beside_training(self, recipe: Recipe, evaluations: int) -> float:
        """Of evaluations and all else that a cell does; what was not timed counts as nothing."""
        evaluation_s = self._seconds.get(_evaluation(recipe), 0.0)
        return evaluations * evaluation_s + self._seconds.get(_rest(recipe), 0.0)


def _epoch(recipe: Recipe, phase: Phase, tasks: Sequence[TaskEntry]) -> str:
    """How an epoch is called: by its tasks, and by all that makes it long."""
    facts = {
        **recipe.model_dump(mode="json", include=_SIZES),
        "batch": recipe.optim.batch,
        "cap": phase.steps,
        "tasks": [[entry.name, entry.backbone, recipe.tasks.get(entry.name)] for entry in tasks],
    }
    return f"epoch of {'+'.join(entry.name for entry in tasks)} {hash_of(facts)}"


def _evaluation(recipe: Recipe) -> str:
    return f"evaluation {hash_of(recipe.model_dump(mode='json', include={*_SIZES, 'score'}))}"


def _rest(recipe: Recipe) -> str:
    return f"rest of a cell {hash_of(recipe.model_dump(mode='json', include={'data'}))}"


def _measured(recipe: Recipe, state: CellState) -> dict[str, float]:
    """Thing -> seconds, as far as this cell did it itself."""
    measured: dict[str, float] = {}
    phase_seconds = {number: phase.seconds for number, phase in state.phases.items()}
    for number, epochs in state.last_epochs.items():
        if number in phase_seconds:
            phase = recipe.phase[number - 1]
            train_s = phase_seconds[number]["train"]
            measured[_epoch(recipe, phase, phase.tasks)] = train_s / epochs
    if state.finished and phase_seconds:
        measured[_evaluation(recipe)] = phase_seconds[max(phase_seconds)]["evaluate"]
        done_s = sum(sum(seconds.values()) for seconds in phase_seconds.values())
        measured[_rest(recipe)] = max(0.0, state.last_seconds - done_s)
    return measured


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
    taken, works = set(done), []
    for cell in open_cells:  # each training is done by the first that needs it
        numbers = [number for key, number in trainings(cell).items() if key not in taken]
        taken |= trainings(cell).keys()
        works.append(_work(cell, numbers, timings))
    untimed = sorted({name for _, _, names in works for name in names})
    timed = not untimed or any(training_s for training_s, _, _ in works)
    cell_seconds = [training_s + other_s for training_s, other_s, _ in works]
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
        wall_s if timed else None,
        tuple(untimed),
    )


def _work(cell: Cell, numbers: Sequence[int], timings: Timings) -> tuple[float, float, list[str]]:
    """Seconds of some of a cell's phases, and of all else; and the tasks that were never timed."""
    phases = [cell.recipe.phase[number - 1] for number in numbers]
    trainings_s = [timings.training(cell.recipe, phase) for phase in phases]
    evaluations = max(1, len(phases)) if cell.recipe.score.every_phase else 1
    other_s = timings.beside_training(cell.recipe, evaluations)
    untimed = [name for _, names in trainings_s for name in names]
    return sum(seconds for seconds, _ in trainings_s), other_s, untimed

"""Durations of earlier phases and evaluations, from which a sweep's is estimated."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import mean

from vadkit.recipe import Phase, Recipe, TaskEntry
from vadkit.runs.atomic import read_json, write_json
from vadkit.sweep.cell_state import CellState, States
from vadkit.sweep.expansion import Cell
from vadkit.utils.cache_dir import cache_home
from vadkit.utils.hashing import hash_of

TIMINGS_SCHEMA = 1


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


_SIZES = {"precision", "channels", "data", "objects", "frames", "backbone", "backbones"}
"""What of a recipe decides how long things take, beside phases and batches."""


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

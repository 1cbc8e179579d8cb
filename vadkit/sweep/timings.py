"""How long things took, to say how long they may take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import mean
from typing import Any

from vadkit.home import cache_home
from vadkit.recipe import Phase
from vadkit.runs.atomic import write_json
from vadkit.runs.manifest import read_json
from vadkit.sweep.cells import Cell
from vadkit.sweep.state import CellState

TIMINGS_SCHEMA = 1
Seconds = dict[str, float]
EVALUATION, REST = "evaluation", "rest of a cell"
_ANY = "any"


class Timings:
    """Seconds of an epoch of each phase, of an evaluation, and of the rest of a cell.

    Those of this sweep go before those that earlier ones noted, and those on the same data set
    before others.

    Args:
        cells: Of this sweep.
        states: How far they are.
        home: Folder of the caches; `VADKIT_HOME` or the platform's where not given.
    """

    def __init__(
        self, cells: Sequence[Cell], states: Mapping[str, CellState], home: Path | None = None
    ) -> None:
        self._file = cache_home(home) / "timings.json"
        noted = read_json(self._file) or {}
        known = noted.get("schema_version") == TIMINGS_SCHEMA
        self._before: Seconds = dict(noted["seconds"]) if known else {}
        self._own = _means([_seen(cell, states[cell.name]) for cell in cells])

    def save(self) -> None:
        """Note them for later sweeps; a full disk is no reason to fail."""
        content = {"schema_version": TIMINGS_SCHEMA, "seconds": {**self._before, **self._own}}
        with suppress(Exception):
            write_json(self._file, content)

    def training(self, cell: Cell, phase: Phase) -> float | None:
        """Of a phase; of one that was never timed the sum of its tasks', None of unknown ones."""
        whole = self._of(cell, _what(phase, phase.title))
        if whole is not None:
            return whole * phase.epochs
        parts = [self._of(cell, _what(phase, entry.name)) for entry in phase.tasks]
        return None if None in parts else sum(part or 0.0 for part in parts) * phase.epochs

    def untimed(self, cell: Cell, phase: Phase) -> list[str]:
        """The tasks of a phase that were never timed."""
        names = [entry.name for entry in phase.tasks]
        return [name for name in names if self._of(cell, _what(phase, name)) is None]

    def evaluation(self, cell: Cell) -> float:
        """Of one evaluation; nothing where none was timed."""
        return self._of(cell, EVALUATION) or 0.0

    def rest(self, cell: Cell) -> float:
        """Of what a cell does beside training and evaluating."""
        return self._of(cell, REST) or 0.0

    def _of(self, cell: Cell, what: str) -> float | None:
        places = (f"{_target(cell)}: {what}", f"{_ANY}: {what}")
        tables = (self._own, self._before)
        return next((t[place] for place in places for t in tables if place in t), None)


def _target(cell: Cell) -> str:
    return cell.recipe.data["target"].dataset


def _what(phase: Phase, tasks: str) -> str:
    cap = f", at most {phase.steps} steps" if phase.steps else ""
    return f"epoch of {tasks}{cap}"


def _seen(cell: Cell, state: CellState) -> dict[str, float]:
    """Thing -> seconds, as far as this cell did it itself."""
    seen: Seconds = {}
    seconds: dict[int, Any] = {number: of["seconds"] for number, of in state.figures.items()}
    for number, epochs in state.last_epochs.items():
        if number in seconds:
            phase = cell.recipe.phase[number - 1]
            seen[_what(phase, phase.title)] = seconds[number]["train"] / epochs
    if state.finished and seconds:
        seen[EVALUATION] = seconds[max(seconds)]["evaluate"]
        done = sum(sum(of.values()) for of in seconds.values())
        seen[REST] = max(0.0, state.last_seconds - done)
    places = (_target(cell), _ANY)
    return {f"{place}: {what}": value for place in places for what, value in seen.items()}


def _means(seen: Sequence[Seconds]) -> Seconds:
    names = {name for of in seen for name in of}
    return {name: mean(of[name] for of in seen if name in of) for name in names}

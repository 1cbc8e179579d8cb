"""The folder of a sweep: its cells' runs, how far they are, and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from vadkit.errors import RunBusyError
from vadkit.metrics.metrics_schema import Metrics, PhaseFigures, read_phase
from vadkit.runs.atomic import is_temporary, read_json, write_json
from vadkit.runs.events import read_events
from vadkit.runs.folder import Inside, RunFolder, refuse_strangers, usable
from vadkit.runs.lock import locked

SWEEP_SCHEMA = 1
Event = Mapping[str, Any]
Reasons = Mapping[str, str]
"""Name of a cell -> why it failed."""


@dataclass(frozen=True)
class SweepFolder:
    """The paths of a sweep; only relative ones inside, so that it moves."""

    path: Path

    notes = Inside("sweep.json")
    """Which cell is in which folder, and why some failed."""
    grid = Inside("grid.toml")
    """The grid as it was last given."""
    results = Inside("results.csv")
    figure = Inside("figure.png")

    def table(self, suffix: str) -> Path:
        return self.path / f"table.{suffix}"

    def cell(self, name: str) -> Path:
        """A cell's run folder."""
        return self.path / "cells" / name

    def log(self, name: str) -> Path:
        """What a cell told while it ran."""
        return self.path / "logs" / f"{name}.log"

    def names(self) -> dict[str, str]:
        """Identity -> name of the cells that have been begun here.

        Raises:
            RunBusyError: Another vadkit made the folder.
        """
        return {cell["identity"]: name for name, cell in self._cells().items()}

    def note(self, identities: Mapping[str, str], reasons: Mapping[str, str]) -> None:
        """Write down which cells there are, and which failed."""
        cells = self._cells()
        for name, identity in identities.items():
            cells[name] = {"identity": identity, "reason": reasons.get(name)}
        write_json(self.notes, {"schema_version": SWEEP_SCHEMA, "cells": cells})

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder, made where missing, while the block runs.

        Raises:
            RecipeError: It is full of other things, or cannot be written to.
            RunBusyError: Another process holds it.
        """
        with usable(self.path, "a sweep's folder"):
            self.path.mkdir(parents=True, exist_ok=True)
            if not self.notes.is_file():
                refuse_strangers(self.path, "sweep")
            (self.path / "logs").mkdir(exist_ok=True)
        with locked(self.path):
            for path in list(self.path.iterdir()):  # runs see to their own folders
                if is_temporary(path):
                    path.unlink(missing_ok=True)
            yield

    def _cells(self) -> dict[str, Any]:
        notes = read_json(self.notes)
        if notes is not None and notes.get("schema_version") != SWEEP_SCHEMA:
            raise RunBusyError(
                f"{self.notes} has schema {notes.get('schema_version')!r}, this vadkit reads "
                f"{SWEEP_SCHEMA}.",
                "Use the vadkit that made it, or choose another --out.",
            )
        return dict(notes["cells"]) if notes else {}


@dataclass(frozen=True)
class CellState:
    """What a run folder holds; nothing where there is none."""

    events: tuple[Event, ...] = ()
    phases: Mapping[int, PhaseFigures] = field(default_factory=dict)
    """Number of a phase -> what it came to."""
    metrics: Metrics | None = None
    """None where the run is not finished."""
    identity: Mapping[str, Any] = field(default_factory=dict)
    """What the run was begun with, its machine too; empty where it was not."""

    @classmethod
    def read(cls, folder: Path) -> CellState:
        """Read a run folder, finished or not."""
        run = RunFolder(folder)
        events = tuple(read_events(run.events)) if run.events.is_file() else ()
        files = sorted(folder.glob("phases/*/evaluation.json"))
        phases = {phase.number: phase for file in files if (phase := read_phase(file))}
        return cls(events, phases, Metrics.read(run.metrics), read_json(run.identity) or {})

    @property
    def finished(self) -> bool:
        return bool(self._all("run_done"))

    @property
    def trained(self) -> set[int]:
        """The phases whose training is done."""
        return {event["phase"] for event in self._all("phase_trained")}

    @property
    def steps(self) -> Counter[int]:
        """Phase -> optimizer steps that were taken here; none where it was restored."""
        steps: Counter[int] = Counter()
        for event in self._all("epoch_saved"):
            steps[event["phase"]] += event["steps"]
        return steps

    def since_start(self) -> CellState:
        """The same, with no events but those since the run was last begun or resumed."""
        starts = [i for i, event in enumerate(self.events) if event["event"] == "run_started"]
        return replace(self, events=self.events[starts[-1] :] if starts else ())

    @property
    def last_epochs(self) -> Counter[int]:
        """Phase -> epochs trained since the run was last begun or resumed."""
        return Counter(event["phase"] for event in self.since_start()._all("epoch_saved"))

    @property
    def last_seconds(self) -> float:
        """Between the last beginning and the last event."""
        times = [datetime.fromisoformat(event["time"]) for event in self.since_start().events]
        return (times[-1] - times[0]).total_seconds() if times else 0.0

    def _all(self, name: str) -> list[Event]:
        return [event for event in self.events if event["event"] == name]


States = Mapping[str, CellState]
"""Name of a cell -> how far it is."""

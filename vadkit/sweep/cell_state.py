"""The progress of a cell, read from its run folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from vadkit.metrics.metrics_schema import Metrics, PhaseFigures, read_phase
from vadkit.runs.atomic import read_json
from vadkit.runs.events import read_events
from vadkit.runs.folder import RunFolder

Event = Mapping[str, Any]
Reasons = Mapping[str, str]
"""Name of a cell -> why it failed."""


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

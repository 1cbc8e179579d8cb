"""The progress of a cell, read from its run folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from vadkit.metrics.metrics_schema import Metrics, PhaseFigures, read_phase
from vadkit.runs.atomic import read_json
from vadkit.runs.events import read_events
from vadkit.runs.folder import RunFolder

Event = Mapping[str, Any]


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
        files = sorted(folder.glob("phases/*/evaluation.json"))
        phases = {phase.number: phase for file in files if (phase := read_phase(file))}
        metrics, identity = Metrics.read(run.metrics), read_json(run.identity) or {}
        return cls(tuple(events_of(folder)), phases, metrics, identity)

    @property
    def finished(self) -> bool:
        return any(event["event"] == "run_done" for event in self.events)

    @property
    def trained(self) -> set[int]:
        """The phases whose training is done."""
        return {event["phase"] for event in self.events if event["event"] == "phase_trained"}

    @property
    def steps(self) -> Counter[int]:
        """Phase -> optimizer steps that were taken here; none where it was restored."""
        steps: Counter[int] = Counter()
        for event in self.events:
            if event["event"] == "epoch_saved":
                steps[event["phase"]] += event["steps"]
        return steps

    @property
    def last_epochs(self) -> Counter[int]:
        """Phase -> epochs trained since the run was last begun or resumed."""
        last = [event for event in _since_start(self.events) if event["event"] == "epoch_saved"]
        return Counter(event["phase"] for event in last)

    @property
    def last_seconds(self) -> float:
        """Between the last beginning and the last event."""
        last = _since_start(self.events)
        times = [datetime.fromisoformat(event["time"]) for event in last]
        return (times[-1] - times[0]).total_seconds() if times else 0.0


def events_of(folder: Path) -> Iterable[Event]:
    """The events of a run; none where there is no run."""
    path = RunFolder(folder).events
    return read_events(path) if path.is_file() else ()


def _since_start(events: tuple[Event, ...]) -> tuple[Event, ...]:
    starts = [i for i, event in enumerate(events) if event["event"] == "run_started"]
    return events[starts[-1] :] if starts else ()

"""The driver of a sweep: gives cells to an engine in the order of the schedule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from vadkit.engines import Engine, Job, Outcome
from vadkit.metrics.figures import MICRO_AUC
from vadkit.sweep.expansion import Cell, Entry
from vadkit.sweep.folder import CellState, SweepFolder
from vadkit.sweep.schedule import Options, Schedule, cells_of, done_in
from vadkit.sweep.worker import run_cell
from vadkit.utils.progress import duration

_POLL_S = 0.25

Tell = Callable[[str], None]
Write = Callable[[dict[str, CellState], dict[str, str]], None]
"""Takes how far each cell is, and why some failed, and writes results."""


class Driver:
    """Carries out the cells that are not finished.

    The caller holds the folder and closes the engine. `tell` is told what happens, a line each;
    `write` is called after each cell that ended.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        folder: SweepFolder,
        engine: Engine,
        *,
        options: Options,
        tell: Tell,
        write: Write,
    ) -> None:
        self._folder, self._engine, self._options = folder, engine, options
        self._tell, self._write = tell, write
        self._cells = cells_of(entries)
        self._states = {c.name: CellState.read(folder.cell(c.name)) for c in self._cells}
        unshared = options.unshared(self._cells, self._states, engine.threads)
        self._schedule = Schedule(self._cells, self._states, unshared)
        self._shown_events: defaultdict[str, int] = defaultdict(int)
        self._reasons: dict[str, str] = {}

    def first(self) -> list[Cell]:
        """The cells that may begin at once."""
        return self._schedule.ready()

    def run(self, interrupted: Callable[[], None]) -> dict[str, str]:
        """Carry out what is left; `interrupted`, asked again and again, raises after a signal.

        Returns:
            Name -> why it failed, of the cells that did.
        """
        self._note()
        while self._schedule.open:
            self._begin()
            for outcome in self._engine.wait(_POLL_S):
                self._end(outcome)
            for name in self._schedule.running:
                self._follow(name)
            interrupted()
        return self._reasons

    def _begin(self) -> None:
        """Begin what may begin, as long as there is room."""
        while len(self._schedule.running) < self._engine.slots:
            cell = self._schedule.start()
            if cell is None:
                return
            self._shown_events[cell.name] = len(self._states[cell.name].events)
            self._engine.submit(self._job(cell))
            again = ", where it stopped" if self._shown_events[cell.name] else ""
            self._say(cell.name, f"begins{again}")

    def _job(self, cell: Cell) -> Job:
        threads = self._options.threads or cell.recipe.threads or self._engine.threads
        arguments: dict[str, Any] = {
            **cell.bound.with_values(threads=threads).as_json(),
            "out": str(self._folder.cell(cell.name).absolute()),
            "log": str(self._folder.log(cell.name).absolute()),
            "device": self._options.device,
            "strict": self._options.strict,
        }
        return Job(cell.name, run_cell, arguments)

    def _end(self, outcome: Outcome) -> None:
        self._follow(outcome.name)
        self._schedule.end(outcome.name)
        state = self._states[outcome.name]
        if outcome.error is None:
            micro = state.metrics.figure(MICRO_AUC) if state.metrics else None
            worth = "" if micro is None else f", {MICRO_AUC.name} {MICRO_AUC.text(micro)}"
            self._say(outcome.name, f"done{worth}")
        else:
            self._reasons[outcome.name] = outcome.reason
            self._say(outcome.name, f"FAILED: {outcome.reason}")
        self._note()

    def _follow(self, name: str) -> None:
        """Tell what a cell has done since, and let others begin that waited for it."""
        cell = self._schedule.running[name]
        state = self._states[name] = CellState.read(self._folder.cell(name))
        self._schedule.done |= done_in(cell, state)
        for event in state.events[self._shown_events[name] :]:
            if event["event"] == "phase_trained":
                number, phases = event["phase"], cell.recipe.phase
                trained = f"trained in {duration(event['seconds'])}"
                how = trained if state.last_epochs[number] else "restored"
                self._say(name, f"phase {number}/{len(phases)} {phases[number - 1].title} {how}")
        self._shown_events[name] = len(state.events)

    def _say(self, name: str, text: str) -> None:
        ended = len(self._cells) - len(self._schedule.waiting) - len(self._schedule.running)
        self._tell(f"[{ended}/{len(self._cells)}] {name}: {text}")

    def _note(self) -> None:
        self._folder.note({cell.name: cell.identity for cell in self._cells}, self._reasons)
        self._write(self._states, self._reasons)

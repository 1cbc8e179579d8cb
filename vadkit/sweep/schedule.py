"""The schedule of a sweep: curricula that begin alike train their beginning once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vadkit.sweep.cell_state import CellState
from vadkit.sweep.expansion import Cell, Entry
from vadkit.sweep.options import Shares, always


def trainings(cell: Cell) -> dict[str, int]:
    """Key -> phase, from 1, of everything that a cell has to train or to find trained."""
    phases = zip(cell.keys, cell.recipe.phase, strict=True)
    return {key: number for number, (key, phase) in enumerate(phases, start=1) if phase.epochs}


def cells_of(entries: Sequence[Entry]) -> list[Cell]:
    """The cells that the entries show, each once."""
    return list({entry.cell.name: entry.cell for entry in entries}.values())


def keys_done(
    cells: Sequence[Cell], states: Mapping[str, CellState], shares: Shares = always
) -> set[str]:
    """The trainings that nobody has to do any more.

    Args:
        cells: All of them.
        states: Name -> how far it is.
        shares: Whether other cells find what a cell trained.
    """
    done = {cell.name: done_in(cell, states[cell.name]) for cell in cells}
    shared = {key for cell in cells if shares(cell, states[cell.name]) for key in done[cell.name]}
    needed = {key for cell in cells for key in trainings(cell).keys() - done[cell.name]}
    return shared | {key for keys in done.values() for key in keys - needed}


def done_in(cell: Cell, state: CellState) -> set[str]:
    """The trainings that a cell has done, or found done."""
    return {
        key for key, number in trainings(cell).items() if state.finished or number in state.trained
    }


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


def count(entries: Sequence[Entry], done: set[str]) -> dict[str, Count]:
    """Mode -> its trainings; what two modes share counts for the first of them."""
    counts: dict[str, Count] = {}
    counted: set[str] = set()
    for mode in dict.fromkeys(entry.mode for entry in entries):
        of_mode = [entry for entry in entries if entry.mode == mode]
        keys = {key for entry in of_mode for key in trainings(entry.cell)} - counted
        alone = sum(len(trainings(entry.cell)) for entry in of_mode)
        counts[mode] = Count(len(of_mode), alone, len(keys), len(keys & done))
        counted |= keys
    return counts


def total(counts: Mapping[str, Count]) -> Count:
    """All modes together."""
    modes = counts.values()
    return Count(
        sum(mode_count.entries for mode_count in modes),
        sum(mode_count.alone for mode_count in modes),
        sum(mode_count.shared for mode_count in modes),
        sum(mode_count.done for mode_count in modes),
    )


class Schedule:
    """Says which cell may start, so that none waits for what another trains.

    The owner of a training is the running cell that needs it, or else the first one that waits.
    A cell may start when everything is done that it needs and does not own; if an owner fails, the
    next takes over.

    Args:
        cells: In the grid's order.
        states: Name -> how far it is.
        shares: Whether other cells find what a cell trained before.
    """

    def __init__(
        self, cells: Sequence[Cell], states: Mapping[str, CellState], shares: Shares = always
    ) -> None:
        self.waiting = {cell.name: cell for cell in cells if not states[cell.name].finished}
        self.running: dict[str, Cell] = {}
        self.done = keys_done(cells, states, shares)

    @property
    def open(self) -> bool:
        """Whether there is anything left to do."""
        return bool(self.waiting or self.running)

    def start(self) -> Cell | None:
        """The cell that should start next; None where none may."""
        ready = self.ready()
        if not ready:
            return None
        cell = max(ready, key=self._worth)  # of equals the first
        self.running[cell.name] = self.waiting.pop(cell.name)
        return cell

    def end(self, name: str) -> None:
        """A cell has ended, well or not; what it has not trained somebody else owns."""
        del self.running[name]

    def ready(self) -> list[Cell]:
        """The cells that may start, in the grid's order."""
        ready = []
        taken = {key for cell in self.running.values() for key in self._needs(cell)}
        for cell in self.waiting.values():
            needs = self._needs(cell)
            if not needs & taken:
                ready.append(cell)
            taken |= needs
        return ready

    def _needs(self, cell: Cell) -> set[str]:
        return trainings(cell).keys() - self.done

    def _worth(self, cell: Cell) -> tuple[int, int]:
        """How many cells it helps, and how much it has to do itself."""
        needs = self._needs(cell)
        helped = sum(bool(needs & self._needs(other)) for other in self.waiting.values())
        return helped, len(needs)

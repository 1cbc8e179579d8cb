"""The schedule of a sweep: curricula that begin alike train their beginning once."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import astuple, dataclass

from vadkit.sweep.expansion import Cell, Entry
from vadkit.sweep.folder import CellState, States
from vadkit.utils.machine import deciding, this_machine


@dataclass(frozen=True)
class Options:
    """What all cells are run with."""

    device: str = "auto"
    strict: bool = False
    threads: int | None = None
    """Of every cell, whatever its recipe says; where not given, the engine's if it says nothing."""
    elsewhere: bool = False
    """Whether other machines run the cells, of which nothing is known here."""

    def unshared(self, cells: Sequence[Cell], states: States, usual_threads: int) -> set[str]:
        """Names of the cells that were not trained as others will be, to the last bit.

        Others do not find in the phase cache what these trained. A cell has the usual threads
        where neither these options nor its recipe says how many.
        """
        begun = [cell for cell in cells if states[cell.name].identity]
        if self.elsewhere or not begun:
            return set()
        from vadkit.utils.devices import device_named  # torch: not before there is a cell to judge

        device, names = device_named(self.device), set()
        for cell in begun:
            identity = states[cell.name].identity
            threads = self.threads or cell.recipe.threads or usual_threads
            here = this_machine(device, threads=threads).facts()
            if identity.get("notes") or deciding(identity) != here:
                names.add(cell.name)
        return names


def trainings(cell: Cell) -> dict[str, int]:
    """Key -> phase, from 1, of everything that a cell has to train or to find trained."""
    phases = zip(cell.keys, cell.recipe.phase, strict=True)
    return {key: number for number, (key, phase) in enumerate(phases, start=1) if phase.epochs}


def cells_of(entries: Sequence[Entry]) -> list[Cell]:
    """The cells that the entries show, each once."""
    return list({entry.cell.name: entry.cell for entry in entries}.values())


def keys_done(cells: Sequence[Cell], states: States, unshared: Container[str] = ()) -> set[str]:
    """The trainings that nobody has to do any more; unshared cells did theirs for themselves."""
    done = {cell.name: done_in(cell, states[cell.name]) for cell in cells}
    shared = {key for name, keys in done.items() if name not in unshared for key in keys}
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


class Schedule:
    """Says which cell may start, so that none waits for what another trains.

    The owner of a training is the running cell that needs it, or else the first one that waits.
    A cell may start when everything is done that it needs and does not own; if an owner fails, the
    next takes over.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        states: States,
        unshared: Container[str] = (),
    ) -> None:
        self.waiting = {cell.name: cell for cell in cells if not states[cell.name].finished}
        self.running: dict[str, Cell] = {}
        self.done = keys_done(cells, states, unshared)

    @property
    def open(self) -> bool:
        """Whether there is anything left to do."""
        return bool(self.waiting or self.running)

    def start(self) -> Cell | None:
        """The cell that should start next; None where none may."""
        cell = max(self.ready(), key=self._worth, default=None)  # of equals the first
        if cell:
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

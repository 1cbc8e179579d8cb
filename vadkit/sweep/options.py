"""Options of all cells of a sweep, and whether one can take what another trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vadkit.sweep.cell_state import CellState
from vadkit.sweep.expansion import Cell
from vadkit.utils.machine import deciding

Shares = Callable[[Cell, CellState], bool]
"""Whether other cells find in the phase cache what this one trained."""


def always(_: Cell, __: CellState) -> bool:
    """Wherever it was trained, the others take it."""
    return True


@dataclass(frozen=True)
class Options:
    """What all cells are run with."""

    device: str = "auto"
    strict: bool = False
    threads: int | None = None
    """Of every cell, whatever its recipe says; where not given, the engine's if it says nothing."""
    elsewhere: bool = False
    """Whether other machines run the cells, of which nothing is known here."""

    def shares(self, usual_threads: int) -> Shares:
        """Tell of a cell whether it was trained as the others will be, to the last bit.

        Args:
            usual_threads: Of a cell where neither these options nor its recipe says it.
        """

        def same_machine(cell: Cell, state: CellState) -> bool:
            if self.elsewhere or not state.identity:
                return True
            threads = self.threads or cell.recipe.threads or usual_threads
            changed = state.identity.get("notes")
            return not changed and deciding(state.identity) == self._machine(threads)

        return same_machine

    def _machine(self, threads: int) -> dict[str, Any]:
        from vadkit.utils.devices import device_named  # torch: not before there is a cell to judge
        from vadkit.utils.machine import this_machine

        return this_machine(device_named(self.device), threads=threads).facts()

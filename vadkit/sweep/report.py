"""What a sweep shows for it while it runs: a file of all figures, tables, a plot."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from vadkit.runs.atomic import write_text
from vadkit.sweep.cell_state import CellState
from vadkit.sweep.expansion import Entry
from vadkit.sweep.folder import SweepFolder
from vadkit.sweep.paper_table import latex, markdown
from vadkit.sweep.phase_lines import PhaseLine, lines_of, results_csv
from vadkit.sweep.schedule import cells_of
from vadkit.sweep.schema import Grid
from vadkit.sweep.timings import Timings

_SHARE = 0.02
"""Of a sweep's time that drawing may take before all is done."""


class Report:
    """Writes results whole, again after each cell.

    Args:
        grid: What was asked for.
        entries: Its cells, row by row.
        folder: Where to.
    """

    def __init__(self, grid: Grid, entries: Sequence[Entry], folder: SweepFolder) -> None:
        self._grid, self._entries, self._folder = grid, entries, folder
        self._undrawn: list[PhaseLine] = []
        self._took_s = 0.0
        self._drawn_s = time.monotonic()

    def write(self, states: Mapping[str, CellState], reasons: Mapping[str, str]) -> None:
        """Write everything; the plot only as often as its drawing costs little."""
        lines = lines_of(self._entries, states, reasons)
        write_text(self._folder.results, results_csv(lines))
        write_text(self._folder.table("md"), markdown(self._grid, lines))
        write_text(self._folder.table("tex"), latex(self._grid, lines))
        Timings(cells_of(self._entries), states).save()
        self._undrawn = lines
        if self._took_s <= _SHARE * (time.monotonic() - self._drawn_s):
            self.finish()

    def finish(self) -> None:
        """Draw what has not been drawn yet."""
        if not any(value is not None for line in self._undrawn for value in line.figures.values()):
            return
        from vadkit.sweep.figure import draw  # matplotlib, once there is something to see

        started = time.monotonic()
        draw(self._folder.figure, self._grid, self._undrawn)
        self._undrawn, self._drawn_s = [], time.monotonic()
        self._took_s = self._drawn_s - started

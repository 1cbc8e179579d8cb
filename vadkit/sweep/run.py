"""A sweep from its grid to its table and figure."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from vadkit.distributed.signals import Interrupted, stop_on_signals
from vadkit.engines import Engine
from vadkit.errors import VadkitError
from vadkit.recipe import BoundRecipe
from vadkit.recipe.fingerprint import changed_keys
from vadkit.runs.atomic import write_text
from vadkit.sweep.driver import Driver, Tell
from vadkit.sweep.estimate import Timings
from vadkit.sweep.expansion import Entry, entries_of
from vadkit.sweep.folder import Reasons, States, SweepFolder
from vadkit.sweep.grid import GridFile
from vadkit.sweep.paper_table import latex, markdown
from vadkit.sweep.phase_lines import PhaseLine, lines_of, results_csv
from vadkit.sweep.schedule import Options, cells_of
from vadkit.sweep.schema import Grid
from vadkit.utils.hashing import hash_of

_HINT = "What is finished is kept; the same command does the rest."
_DRAWING_SHARE = 0.02
"""Of a sweep's time that drawing may take before all is done."""


def sweep(
    file: GridFile,
    out: Path,
    *,
    engine: Callable[[], Engine],
    options: Options | None = None,
    tell: Tell = print,
) -> dict[str, str]:
    """Carry out what is left of a grid, and write table and figure after each cell that ends.

    Args:
        file: The grid.
        out: Folder of the sweep: a new or empty one, or one of this grid, which goes on.
        engine: Makes what carries the cells out, once all is known to be in order.
        options: How.
        tell: Told what happens, a line each.

    Returns:
        Name -> why it failed, of the cells that did.

    Raises:
        VadkitError: The grid or the folder cannot be used, or a signal came.
    """
    folder, options = SweepFolder(out), options or Options()
    entries = entries_of(file, folder.names())
    with folder.held(), stop_on_signals() as stop:
        write_text(folder.grid, file.text)
        report = _Report(file.grid, entries, folder)
        interrupted = partial(stop.check, _HINT)
        workers = engine()
        try:
            driver = Driver(
                entries, folder, workers, options=options, tell=tell, write=report.write
            )
            first = [cell.bound for cell in driver.first()]
            if 0 < len(first) < workers.slots:
                _prepare(first, workers, options, tell, interrupted)
            return driver.run(interrupted)
        finally:
            workers.close()
            report.draw()


def _prepare(
    recipes: Sequence[BoundRecipe],
    engine: Engine,
    options: Options,
    tell: Tell,
    interrupted: Callable[[], None],
) -> None:
    """Make what recipes read, a video a job, while the engine has more room than cells to begin.

    What cannot be made the cells will report.
    """
    # torch, which the driver else needs for nothing
    from vadkit.data.prepare import prepare
    from vadkit.experiment.run import preparing

    on_progress = preparing(tell, interrupted)
    read = ("data", "objects", "frames", "channels", "teachers", "tasks", "score")
    by_content: dict[str, BoundRecipe] = {}  # those that read the same are prepared once
    for bound in recipes:
        keys = changed_keys(bound.recipe)
        content = hash_of([*(keys.get(key) for key in read), sorted(bound.trained_tasks)])
        by_content[content] = bound
    for bound in by_content.values():
        try:
            prepare(
                bound,
                engine=engine,
                device=options.device,
                strict=options.strict,
                on_progress=on_progress,
            )
        except Interrupted:
            raise
        except VadkitError as error:
            tell(f"not prepared: {error}")


class _Report:
    """What a sweep shows while it runs: figures, tables and a plot, whole again after each cell."""

    def __init__(self, grid: Grid, entries: Sequence[Entry], folder: SweepFolder) -> None:
        self._grid, self._entries, self._folder = grid, entries, folder
        self._undrawn: list[PhaseLine] = []
        self._drawing_s = 0.0
        self._drawn_s = time.monotonic()

    def write(self, states: States, reasons: Reasons) -> None:
        """Write everything; the plot only as often as its drawing costs little."""
        lines = lines_of(self._entries, states, reasons, self._grid.readings)
        self._undrawn = lines
        write_text(self._folder.results, results_csv(lines))
        write_text(self._folder.table("md"), markdown(self._grid, lines))
        write_text(self._folder.table("tex"), latex(self._grid, lines))
        Timings(cells_of(self._entries), states).save()
        if self._drawing_s <= _DRAWING_SHARE * (time.monotonic() - self._drawn_s):
            self.draw()

    def draw(self) -> None:
        """Draw what has not been drawn yet."""
        if not any(value is not None for line in self._undrawn for value in line.figures.values()):
            return
        from vadkit.sweep.figure import draw  # matplotlib, once there is something to see

        started = time.monotonic()
        draw(self._folder.figure, self._grid, self._undrawn)
        self._undrawn, self._drawn_s = [], time.monotonic()
        self._drawing_s = self._drawn_s - started

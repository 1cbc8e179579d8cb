"""A sweep from its grid to its table and figure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from vadkit.distributed.signals import stop_on_signals
from vadkit.engines import Engine
from vadkit.runs.atomic import write_text
from vadkit.sweep.driver import Driver, Tell
from vadkit.sweep.expansion import entries_of
from vadkit.sweep.folder import SweepFolder
from vadkit.sweep.grid import GridFile
from vadkit.sweep.options import Options
from vadkit.sweep.prepare import prepare_all
from vadkit.sweep.report import Report

_KEPT = "What is finished is kept; the same command does the rest."


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
    folder, chosen = SweepFolder(out), options or Options()
    entries = entries_of(file, folder.known())
    with folder.held(), stop_on_signals() as stop:
        write_text(folder.grid, file.text)
        report = Report(file.grid, entries, folder)
        used = engine()
        try:
            driver = Driver(entries, folder, used, options=chosen, tell=tell, write=report.write)
            interrupted = partial(stop.check, _KEPT)
            if 0 < len(first := driver.first()) < used.slots:
                prepare_all(
                    [cell.bound for cell in first],
                    used,
                    options=chosen,
                    tell=tell,
                    interrupted=interrupted,
                )
            return driver.run(interrupted)
        finally:
            used.close()
            report.finish()

"""A sweep from its grid to its table and figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vadkit.plugins import Registry
from vadkit.runs.atomic import write_text
from vadkit.sweep.cells import entries_of
from vadkit.sweep.drive import Driver, Options, Tell
from vadkit.sweep.engines import Engine
from vadkit.sweep.folder import SweepFolder
from vadkit.sweep.grid import GridFile
from vadkit.sweep.report import Report


def sweep(
    file: GridFile,
    registry: Registry,
    out: Path,
    *,
    engine: Callable[[], Engine],
    options: Options | None = None,
    tell: Tell = print,
) -> dict[str, str]:
    """Carry out what is left of a grid, and write table and figure after each cell that ends.

    Args:
        file: The grid.
        registry: Where its plugins come from.
        out: Folder of the sweep: a new or empty one, or one of this grid, which goes on.
        engine: Makes what carries the cells out, once all is known to be in order.
        options: How.
        tell: Told what happens, a line each.

    Returns:
        Name -> why it failed, of the cells that did.

    Raises:
        VadkitError: The grid or the folder cannot be used, or a signal came.
    """
    folder = SweepFolder(out)
    entries = entries_of(file, registry, folder.known())
    with folder.held():
        write_text(folder.grid, file.text)
        report = Report(file.grid, entries, folder)
        started = engine()
        try:
            driver = Driver(
                entries,
                folder,
                started,
                options=options or Options(),
                tell=tell,
                write=report.write,
            )
            return driver.run()
        finally:
            started.close()
            report.finish()

"""The epochs of a phase on disk: a bundle and a row of `history.csv` each."""

from __future__ import annotations

import csv
import re
import shutil
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from vadkit.errors import RunBusyError
from vadkit.runs.atomic import write_text
from vadkit.runs.bundle import problem
from vadkit.utils.text_tables import csv_text

Cell = str | int | float

_EPOCH = re.compile(r"e(\d{4,})")


def epoch_folder(phase: Path, epoch: int) -> Path:
    """The folder of an epoch (from 1) of a phase: `e0003`."""
    return phase / f"e{epoch:04d}"


def epochs(phase: Path) -> dict[int, Path]:
    """Epoch -> its folder, in order, valid or not."""
    paths = phase.iterdir() if phase.is_dir() else ()
    matches = [(match, path) for path in paths if (match := _EPOCH.fullmatch(path.name))]
    return dict(sorted((int(match[1]), path) for match, path in matches))


def newest(phase: Path, warn: Callable[[str], object] = warnings.warn) -> Path | None:
    """The folder of the newest epoch that is whole, or None where there is no epoch yet.

    Each damaged one that is passed over is told to `warn`, with a sentence that names the file.

    Raises:
        RunBusyError: There are some, and none is valid.
    """
    folders = [*reversed(epochs(phase).values())]
    for folder in folders:
        reason = problem(folder)
        if reason is None:
            return folder
        warn(f"{reason}; falling back to the epoch before.")
    if not folders:
        return None
    raise RunBusyError(
        f"No checkpoint in {phase} is whole.", "Remove that folder to train the phase anew."
    )


def prune(phase: Path, keep: int = 2, best: int | None = None) -> None:
    """Remove all but the last epochs and the best; one that cannot be removed stops nothing.

    The last of a finished phase is its result, unless one is `best`.
    """
    for epoch, folder in [*epochs(phase).items()][:-keep]:
        if epoch != best:
            shutil.rmtree(folder, ignore_errors=True)


def append_history(path: Path, row: Mapping[str, Cell]) -> None:
    """Add an epoch's row, with its number under `epoch`, and rewrite the file whole.

    Rows of this epoch and of later ones go: after a resume they are trained anew. A loss term that
    joins later adds a column, empty in the rows before.
    """
    earlier = [old for old in read_history(path) if int(old["epoch"]) < int(row["epoch"])]
    rows: list[Mapping[str, Cell]] = [*earlier, row]
    columns = list(dict.fromkeys(column for each in rows for column in each))
    cells = [[each.get(column, "") for column in columns] for each in rows]
    write_text(path, csv_text([columns, *cells]))


def read_history(path: Path) -> list[dict[str, str]]:
    """Read the rows as text; none where there is no file yet."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))

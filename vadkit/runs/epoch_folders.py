"""The epochs of a phase on disk: a bundle each, in a folder of the epoch's number."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

from vadkit.errors import RunBusyError
from vadkit.runs.bundle import problem

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

    Args:
        phase: The phase's folder.
        warn: Called for each damaged one that is passed over, with a sentence that names the file.

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
    """Remove all but the last epochs; one that cannot be removed stops nothing.

    Args:
        phase: The phase's folder.
        keep: How many stay. The last of a finished phase is its result, unless one is `best`.
        best: An epoch that stays, too.
    """
    for epoch, folder in [*epochs(phase).items()][:-keep]:
        if epoch != best:
            shutil.rmtree(folder, ignore_errors=True)

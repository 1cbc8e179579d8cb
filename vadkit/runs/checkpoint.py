"""A checkpoint: a folder an epoch, which does not exist without a valid manifest."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from vadkit.errors import DataError, RunBusyError
from vadkit.runs.atomic import atomic_folder, write_json
from vadkit.runs.manifest import describe, mismatch, read_json
from vadkit.runs.tensors import read_tensors, size_of, write_tensors

CHECKPOINT_SCHEMA = 1
_MANIFEST = "MANIFEST.json"
_FILES = ("weights.safetensors", "optim.safetensors", "state.json")
_EPOCH = re.compile(r"e(\d{4,})")


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds."""

    weights: dict[str, Tensor]
    optim: dict[str, Tensor]
    state: dict[str, Any]


def epoch_folder(phase: Path, epoch: int) -> Path:
    """Where a phase's checkpoint of an epoch (from 1) lies: `e0003`."""
    return phase / f"e{epoch:04d}"


def save_checkpoint(
    folder: Path,
    weights: Mapping[str, Tensor],
    optim: Mapping[str, Tensor],
    state: Mapping[str, Any],
    what: str = "",
) -> None:
    """Save a checkpoint whole or not at all, the manifest last.

    Args:
        folder: `epoch_folder` of the epoch; an older one there is replaced.
        weights: What `unique_state` gives.
        optim: The tensors that `flatten_optimizer` gives.
        state: What JSON can say: epoch, schedule, the optimizer's plain half.
        what: What is being saved, for the error ("phase 1 epoch 3").

    Raises:
        ResourceError: The disk is full; what was there before is untouched.
    """
    need = size_of(weights) + size_of(optim)
    what = what or f"{folder.parent.name}/{folder.name}"
    with atomic_folder(folder, what, need) as temporary:
        write_tensors(temporary / "weights.safetensors", weights, what)
        write_tensors(temporary / "optim.safetensors", optim, what)
        write_json(temporary / "state.json", dict(state), what)
        manifest = {"schema_version": CHECKPOINT_SCHEMA, "files": describe(temporary, _FILES)}
        write_json(temporary / _MANIFEST, manifest, what)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a checkpoint after checking it against its manifest.

    Raises:
        DataError: A file is missing, cut off or changed.
    """
    reason = problem(folder)
    state = read_json(folder / "state.json")
    if reason or state is None:
        raise DataError(f"{reason or folder}.", "Take an earlier epoch.")
    weights = read_tensors(folder / "weights.safetensors")
    return Checkpoint(weights, read_tensors(folder / "optim.safetensors"), state)


def problem(folder: Path) -> str | None:
    """Say what is wrong with a checkpoint, naming the file, or None if it is valid."""
    manifest = read_json(folder / _MANIFEST)
    if manifest is None:
        return f"{folder / _MANIFEST} is missing or not whole"
    version = manifest.get("schema_version")
    if version != CHECKPOINT_SCHEMA:
        return f"{folder / _MANIFEST} has schema {version!r}, this vadkit reads {CHECKPOINT_SCHEMA}"
    return mismatch(folder, manifest.get("files"), _FILES)


def valid(folder: Path) -> bool:
    """Whether a checkpoint exists, whole and unchanged."""
    return problem(folder) is None


def epochs(phase: Path) -> dict[int, Path]:
    """Epoch -> its folder, in order, valid or not."""
    found = {}
    for path in phase.iterdir() if phase.is_dir() else ():
        if match := _EPOCH.fullmatch(path.name):
            found[int(match[1])] = path
    return dict(sorted(found.items()))


def newest(phase: Path, warn: Callable[[str], object] = warnings.warn) -> Path | None:
    """Find a phase's newest valid checkpoint.

    Args:
        phase: The phase's folder.
        warn: Told of each damaged one that is passed over, naming the file.

    Returns:
        The checkpoint's folder, or None where the phase has none yet.

    Raises:
        RunBusyError: There are some, and none is valid.
    """
    candidates = [*reversed(epochs(phase).values())]
    for folder in candidates:
        reason = problem(folder)
        if reason is None:
            return folder
        warn(f"{reason}; falling back to the epoch before.")
    if not candidates:
        return None
    raise RunBusyError(
        f"No checkpoint in {phase} is whole.", "Remove that folder to train the phase anew."
    )


def prune(phase: Path, keep: int = 2, best: int | None = None) -> None:
    """Remove all but the last checkpoints; one that cannot be removed stops nothing.

    Args:
        phase: The phase's folder.
        keep: How many stay. The last of a finished phase is its result, unless one is `best`.
        best: An epoch that stays, too.
    """
    for epoch, folder in [*epochs(phase).items()][:-keep]:
        if epoch != best:
            shutil.rmtree(folder, ignore_errors=True)

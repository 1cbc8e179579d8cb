"""`model/`: all that scoring needs, as safetensors and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from vadkit.errors import DataError
from vadkit.runs.atomic import atomic_folder, write_json
from vadkit.runs.manifest import describe, mismatch, read_json
from vadkit.runs.tensors import read_tensors, size_of, write_tensors

MODEL_SCHEMA = 1
NORMAL = "normal/"
"""Names of tensors of a calibration begin so: `normal/TASK/boxes`, `normal/TASK/TASK.SCORE`."""
_WEIGHTS = "weights.safetensors"
_MODEL = "model.json"


def save_model(folder: Path, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """Save a model whole or not at all.

    Args:
        folder: `model/` of a run; an older one there is replaced.
        tensors: Name -> tensor.
        meta: What JSON can say of how to build it and how to score with it.

    Raises:
        ResourceError: The disk is full.
    """
    with atomic_folder(folder, "the model", size_of(tensors)) as temporary:
        write_tensors(temporary / _WEIGHTS, tensors, "the model")
        files = describe(temporary, [_WEIGHTS])
        content = {"schema_version": MODEL_SCHEMA, "files": files, "meta": dict(meta)}
        write_json(temporary / _MODEL, content, "the model")


def load_model(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a model; nothing in it is run or unpickled.

    Returns:
        The tensors and the meta that `save_model` was given.

    Raises:
        DataError: A file is missing, cut off, changed, or not of vadkit's making.
    """
    content = read_json(folder / _MODEL)
    if content is None or content.get("schema_version") != MODEL_SCHEMA:
        raise _unusable(f"{folder / _MODEL} is not a model that this vadkit reads")
    reason = mismatch(folder, content.get("files"), [_WEIGHTS])
    meta = content.get("meta")
    if reason or not isinstance(meta, dict):
        raise _unusable(reason or f"{folder / _MODEL} has no meta")
    return read_tensors(folder / _WEIGHTS), meta


def _unusable(reason: str) -> DataError:
    return DataError(f"{reason}.", "Give a folder that vadkit saved, or train anew.")

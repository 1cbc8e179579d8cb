"""`model/`: the bundle with all that scoring another video needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from vadkit.errors import DataError
from vadkit.runs.bundle import WEIGHTS, read_bundle, write_bundle

NORMAL = "normal/"
"""Names of tensors of a calibration begin so: `normal/TASK/boxes`, `normal/TASK/TASK.SCORE`."""
_KEYS = {"vadkit", "recipe", "sizes"}
_HINT = "Give the model/ of a run of this vadkit, or run the recipe again."


def save_model(folder: Path, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """Save a model whole or not at all.

    Args:
        folder: `model/` of a run; an older one there is replaced.
        tensors: Name -> tensor.
        meta: JSON values under `vadkit`, `recipe` and `sizes`: how to build it and score with it.

    Raises:
        ResourceError: The disk is full.
    """
    write_bundle(folder, {WEIGHTS: tensors}, meta, "the model")


def load_model(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a model; nothing in it is run or unpickled.

    Returns:
        The tensors and the meta that `save_model` was given.

    Raises:
        DataError: A file is missing, cut off, changed, or another vadkit's.
    """
    if (folder / "model.json").is_file():
        raise DataError(f"{folder} was exported by an older vadkit.", _HINT)
    bundle = read_bundle(folder, _HINT)
    if not bundle.state.keys() >= _KEYS:
        raise DataError(f"{folder} is a bundle, but not of a model.", _HINT)
    return bundle.weights, bundle.state

"""A bundle: a folder of tensors and JSON, with a manifest of what each file must be.

    weights.safetensors   and any other tables of tensors, such as optim.safetensors
    state.json            what JSON can say
    MANIFEST.json         schema version, and size and SHA-256 of every other file

Checkpoints, entries of the phase cache and exported models are bundles. One without a valid
manifest does not exist; no loader of tensors would see a flipped byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from vadkit.errors import DataError
from vadkit.runs.atomic import atomic_folder, read_json, write_json
from vadkit.runs.tensors import read_tensors, size_of, write_tensors

BUNDLE_SCHEMA = 1
WEIGHTS, OPTIM = "weights", "optim"
"""Names of tables of tensors."""
BANK = "evidence/"
"""Names of tensors that evidence parts keep of training objects begin so: `evidence/PART/NAME`."""
NORMAL = "normal/"
"""Names of a model's tensors of a calibration begin so: `normal/TASK/boxes`, ..."""
_OF_MODEL = {"vadkit", "recipe", "sizes"}
"""What the state of an exported model says: how to build it and score with it."""
_MANIFEST, _STATE, _ENDING = "MANIFEST.json", "state.json", ".safetensors"


@dataclass(frozen=True)
class Bundle:
    """The content of a bundle."""

    tensors: dict[str, dict[str, Tensor]]
    """Name of the table ("weights") -> its tensors by name."""
    state: dict[str, Any]

    @property
    def weights(self) -> dict[str, Tensor]:
        return self.tensors[WEIGHTS]


def write_bundle(
    folder: Path,
    tensors: Mapping[str, Mapping[str, Tensor]],
    state: Mapping[str, Any],
    what: str = "",
) -> None:
    """Write a bundle whole or not at all, the manifest last.

    Args:
        folder: Where; an older bundle there is replaced.
        tensors: Name of the table -> its tensors by name. "weights" has to be one of them.
        state: JSON values.
        what: What is being saved, for the error ("phase 1 epoch 3").

    Raises:
        ResourceError: The disk is full; what was there before is untouched.
    """
    what = what or f"{folder.parent.name}/{folder.name}"
    with atomic_folder(folder, what, sum(map(size_of, tensors.values()))) as temporary:
        for name, table in tensors.items():
            write_tensors(temporary / f"{name}{_ENDING}", table, what)
        write_json(temporary / _STATE, dict(state), what)
        names = [*(f"{name}{_ENDING}" for name in tensors), _STATE]
        files = {name: describe(temporary / name) for name in names}
        write_json(temporary / _MANIFEST, {"schema_version": BUNDLE_SCHEMA, "files": files}, what)


def read_bundle(folder: Path, hint: str = "Restore it, or train anew.") -> Bundle:
    """Read a bundle after checking it against its manifest; `hint` is the next step if it fails.

    Raises:
        DataError: A file is missing, cut off or changed, or another vadkit wrote them.
    """
    reason, state = problem(folder), read_json(folder / _STATE)
    if reason or state is None:
        raise DataError(f"{reason or folder / _STATE}.", hint)
    files = (read_json(folder / _MANIFEST) or {})["files"]
    names = [name.removesuffix(_ENDING) for name in files if name.endswith(_ENDING)]
    return Bundle({name: read_tensors(folder / f"{name}{_ENDING}") for name in names}, state)


def read_model(folder: Path) -> Bundle:
    """Read `model/` of a run, all that scoring another video needs; nothing in it is unpickled.

    Raises:
        DataError: A file is missing, cut off, changed, or another vadkit's.
    """
    hint = "Give the model/ of a run of this vadkit, or run the recipe again."
    if (folder / "model.json").is_file():
        raise DataError(f"{folder} was exported by an older vadkit.", hint)
    bundle = read_bundle(folder, hint)
    if not bundle.state.keys() >= _OF_MODEL:
        raise DataError(f"{folder} is a bundle, but not of a model.", hint)
    return bundle


def problem(folder: Path) -> str | None:
    """What is wrong with a bundle, naming the file; None where it is valid."""
    path = folder / _MANIFEST
    manifest = read_json(path)
    if manifest is None:
        return f"{path} is missing or not whole"
    version, files = manifest.get("schema_version"), manifest.get("files")
    if version != BUNDLE_SCHEMA:
        return f"{path} has schema {version!r}, this vadkit reads {BUNDLE_SCHEMA}"
    if not isinstance(files, dict) or not {f"{WEIGHTS}{_ENDING}", _STATE} <= files.keys():
        return f"{path} lists neither weights nor state"
    return next(filter(None, (_mismatch(folder / name, files[name]) for name in files)), None)


def describe(path: Path) -> dict[str, Any]:
    """Size in bytes and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"size": path.stat().st_size, "sha256": digest}


def _mismatch(path: Path, described: Any) -> str | None:
    if not path.is_file():
        return f"{path} is missing"
    changed = describe(path) != described
    return f"{path} is not what was saved (cut off, or a byte has changed)" if changed else None

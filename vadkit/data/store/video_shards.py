"""The shards of one video: rows of one shape as plain bytes, with arrays and JSON beside them.

Each appears whole or not at all, made by who locks the video first. So what was killed goes on with
the videos that are left, and processes of many machines can work side by side. Rows are written as
they come and mapped when they are read, so memory grows with neither.
"""

from __future__ import annotations

import json
import math
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.errors import ResourceError
from vadkit.runs.atomic import DISK_FULL

REVISION = 4
"""Raised when a shard of the same name would hold something else, or be written in other files.
Phases are then trained anew, too; `experiment.curriculum.REVISION` is for training alone."""
_ROWS, _ARRAYS, _HEADER = "rows.bin", "arrays.npz", "shard.json"


@dataclass(frozen=True)
class Shard:
    """What is kept of one video for one purpose."""

    rows: NDArray[Any]
    """(n, ...), mapped into memory."""
    arrays: dict[str, NDArray[Any]]
    """By name, as they were written."""
    facts: dict[str, Any]
    """JSON values, as they were written."""


class ShardWriter:
    """Writes a shard into an empty folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._kind = folder, "uint8"
        self._shape: tuple[int, ...] = (0,)
        self._file = (folder / _ROWS).open("wb")

    def add(self, rows: NDArray[Any]) -> None:
        """Append rows (n, ...), all of one shape and type."""
        self._shape = (self._shape[0] + len(rows), *rows.shape[1:])
        self._kind = rows.dtype.name
        self._file.write(np.ascontiguousarray(rows).data)

    def end(self, facts: dict[str, Any], **arrays: NDArray[Any]) -> None:
        """Write arrays and JSON values beside the rows; the header comes last."""
        np.savez(self._folder / _ARRAYS, **arrays)  # type: ignore[arg-type]
        header = {"shape": self._shape, "kind": self._kind, "facts": facts}
        (self._folder / _HEADER).write_text(json.dumps(header), encoding="utf-8", newline="\n")

    def close(self) -> None:
        """Close the file of the rows."""
        self._file.close()


class VideoShards:
    """The folder of one video, with a folder for each of its shards."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lock = folder, folder / "lock"
        self._shards: dict[str, Shard] = {}

    def make_folder(self) -> None:
        """Make the folder, so that it can be locked; raises ResourceError if the disk is full."""
        with _enough_room(self.folder.parent):
            self.folder.mkdir(parents=True, exist_ok=True)

    def holds(self, key: str) -> bool:
        """Whether a shard is there, and whole."""
        if key not in self._shards and (shard := _read_shard(self.folder / key)):
            self._shards[key] = shard
        return key in self._shards

    def shard(self, key: str) -> Shard:
        """A shard that is there; raises ResourceError if it cannot be read."""
        if not self.holds(key):
            raise ResourceError(f"{self.folder / key} cannot be read back.", "Check the disk.")
        return self._shards[key]

    @contextmanager
    def writing(self, key: str) -> Iterator[ShardWriter]:
        """Write a shard, which is there if the block succeeds; the lock is held.

        Raises:
            ResourceError: The disk is full.
        """
        folder = self.folder / key
        unfinished = folder.with_suffix(".tmp")
        with _enough_room(self.folder.parent):
            for leftover in (unfinished, folder):
                shutil.rmtree(leftover, ignore_errors=True)
            try:
                unfinished.mkdir(parents=True)
                with closing(ShardWriter(unfinished)) as writer:
                    yield writer
                unfinished.rename(folder)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise


def _read_shard(folder: Path) -> Shard | None:
    """Read a shard; None where it is missing or not whole."""
    try:
        header = json.loads((folder / _HEADER).read_text(encoding="utf-8"))
        shape, kind = tuple(header["shape"]), np.dtype(header["kind"])
        with (folder / _ARRAYS).open("rb") as file, np.load(file) as arrays:
            return Shard(_mapped(folder / _ROWS, shape, kind), dict(arrays), header["facts"])
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _mapped(file: Path, shape: tuple[int, ...], kind: np.dtype[Any]) -> NDArray[Any]:
    if file.stat().st_size != math.prod(shape) * kind.itemsize:
        raise ValueError(f"{file} is not whole")
    if not shape[0]:
        return np.empty(shape, kind)
    # Copy-on-write, because torch warns of memory that it must not write to.
    return np.memmap(file, kind, "c", shape=shape)


@contextmanager
def _enough_room(folder: Path) -> Iterator[None]:
    """Say in one sentence that the disk of a folder is full, or a quota or file limit reached."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise ResourceError(
            f"The disk of {folder} is full.",
            "Free some space there, or set VADKIT_HOME to a folder on another disk.",
        ) from error

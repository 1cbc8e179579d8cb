"""The files of a shard: rows of one shape as plain bytes, with arrays and JSON beside them.

The rows are written as they come and mapped when they are read, so memory grows with neither.
"""

from __future__ import annotations

import json
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


def read_shard(folder: Path) -> Shard | None:
    """Read a shard; None where it is missing or not whole."""
    try:
        header = json.loads((folder / _HEADER).read_text(encoding="utf-8"))
        shape, kind = tuple(header["shape"]), np.dtype(header["kind"])
        with (folder / _ARRAYS).open("rb") as file, np.load(file) as arrays:
            shard = Shard(_mapped(folder / _ROWS, shape, kind), dict(arrays), header["facts"])
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return shard


def _mapped(file: Path, shape: tuple[int, ...], kind: np.dtype[Any]) -> NDArray[Any]:
    if file.stat().st_size != math.prod(shape) * kind.itemsize:
        raise ValueError(f"{file} is not whole")
    if not shape[0]:
        return np.empty(shape, kind)
    # Copy-on-write, because torch warns of memory that it must not write to.
    return np.memmap(file, kind, "c", shape=shape)

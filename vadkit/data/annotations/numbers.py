"""A number for each frame: arrays of NumPy and MATLAB, JSON, and columns of text."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.csv_table import CsvRow, read_csv, read_header, read_text
from vadkit.errors import DataError

TEXT = (".csv", ".txt")
_FRAME = {"", "frame", "frames", "frame_id", "frame_number", "index", "idx", "unnamed: 0"}
"""Names of a column that numbers the frames."""


class Numbers(NamedTuple):
    """What a file says of each frame, not checked yet."""

    unit: str
    """What it counts in, for errors: "row" or "frame"."""
    values: list[tuple[int, Any]]
    """The row or frame, and a number or the text of a cell."""


def read_numbers(path: Path, column: str) -> Numbers:
    """What a file of one video says of each frame.

    It is a .npy file; a .npz, .mat or .json file with one row of numbers; or text with a number a
    line, or with the frame's and the number, frames from 0 or 1 in order.

    Args:
        path: The file.
        column: What the numbers are, for errors: "label", "score".

    Raises:
        DataError: It is none of these.
    """
    ending = path.suffix.lower()
    if ending in TEXT:
        return Numbers("row", _of_text(path, column))
    return Numbers("frame", list(enumerate(read_row(path).tolist())))


def read_row(path: Path) -> NDArray[Any]:
    """(N,) the one row of numbers in a .npy, .npz, .mat or .json file.

    Raises:
        DataError: It holds something else.
    """
    if path.suffix.lower() not in _READERS:
        raise DataError(
            f"{path} is in no form that is read; these are {' '.join(FORMS)}.",
            "Save it as text, a number a line.",
        )
    return one_row(path, _READERS[path.suffix.lower()](path))


def one_row(place: Path | str, values: NDArray[Any]) -> NDArray[Any]:
    """(N,) from an array (N,), (1, N) or (N, 1).

    Raises:
        DataError: It has another shape.
    """
    if values.size != max(values.shape, default=0):
        raise DataError(f"{place} has the shape {values.shape}, expected (N,), (1, N) or (N, 1).")
    return values.ravel()


def read_array(path: Path) -> NDArray[Any]:
    """An array of numbers from a .npy file, mapped and not read yet.

    Raises:
        DataError: It is none.
    """
    try:
        # Mapped, so that a header that claims too much is an error and not an allocation.
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise DataError(
            f"{path} is not an array of numbers in NumPy's format.",
            "Save it with np.save(path, values), as numbers.",
        ) from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "buif":
        raise DataError(f"{path} holds no numbers.", "Labels are 0 or 1, and scores numbers.")
    return values


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays in a .npz file by name; arrays of objects, which are code, are refused.

    Raises:
        DataError: It cannot be read.
    """
    try:
        # Opened here: np.load leaves a file open that it cannot read.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, TypeError, BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path} is missing or holds no arrays of numbers.", "Fetch or write it again."
        ) from error


def read_mat(path: Path) -> dict[str, NDArray[Any]]:
    """The variables of a MATLAB file by name.

    Raises:
        DataError: It cannot be read.
    """
    from scipy.io import loadmat  # slow to import

    try:
        content = loadmat(path)
    except Exception as error:  # SciPy lets every kind of error out on a damaged file
        raise DataError(f"{path} is not a MATLAB file that can be read (up to v7.2).") from error
    return {name: np.asarray(of) for name, of in content.items() if not name.startswith("__")}


def _of_text(path: Path, column: str) -> list[tuple[int, Any]]:
    rows = list(read_csv(path, (column,), ("frame", column), header="any", blanks=True))
    named = read_header(path, blanks=True)
    for row in rows[:1]:
        if 0 < len(named) < len(row.cells):
            raise row.error("more cells than the first row names", "Decimal commas are not read.")
        if len(row.cells) > 1 and named and named[0].lower() not in _FRAME:
            raise row.error(f"the first column is {named[0]}, expected frame")
    for at, row in enumerate(rows):
        if len(row.cells) != len(rows[0].cells):
            raise row.error(f"{len(row.cells)} cells, expected {','.join(rows[0].cells)}")
        _check_frame(row, rows[0], at)
    return [(row.number, row.cells[column]) for row in rows]


def _check_frame(row: CsvRow, first: CsvRow, at: int) -> None:
    """Hold a row's own frame against its place."""
    if "frame" not in row.cells:
        return
    wanted = at + min(1, first.whole("frame"))
    if row.whole("frame") != wanted:
        hint = "Rows are frames from 0 or 1, in order."
        raise row.error(f"frame {row.cells['frame']}, expected {wanted}", hint)


def _of_npz(path: Path) -> NDArray[Any]:
    return _only(path, read_arrays(path))


def _of_mat(path: Path) -> NDArray[Any]:
    return _only(path, read_mat(path))


def _only(path: Path, arrays: dict[str, NDArray[Any]]) -> NDArray[Any]:
    numbers = {name: array for name, array in arrays.items() if array.dtype.kind in "buif"}
    if len(numbers) != 1:
        names = ", ".join(map(repr, numbers)) or "none"
        raise DataError(f"{path} should hold one array of numbers, and has {names}.")
    return next(iter(numbers.values()))


def _of_json(path: Path) -> NDArray[Any]:
    try:
        values = np.asarray(json.loads(read_text(path)))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is no list of numbers in JSON.") from error
    if values.dtype.kind not in "buif":
        raise DataError(f"{path} is no list of numbers in JSON.")
    return values


_READERS: dict[str, Callable[[Path], NDArray[Any]]] = {
    ".npy": read_array,
    ".npz": _of_npz,
    ".mat": _of_mat,
    ".json": _of_json,
}
FORMS = (*_READERS, *TEXT)
"""Endings of the files of one video that are read."""

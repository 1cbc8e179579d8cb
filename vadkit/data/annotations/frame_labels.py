"""Frame labels: reading them from every form that data sets use, and refusing what is doubtful."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.csv_table import read_csv
from vadkit.errors import DataError

Labels = NDArray[np.uint8]
"""(frames,) with 1 where a frame is anomalous, else 0."""


def check_length(video: str, frames: int, labels: int) -> None:
    """Refuse labels that do not fit the video.

    Args:
        video: The video's name.
        frames: Frames that were decoded.
        labels: Labels that were read.

    Raises:
        DataError: The numbers differ.
    """
    if frames != labels:
        raise DataError(
            f"{video}: {frames} frames, {labels} labels.",
            "Check that the video is whole and that the labels are of this version of it.",
        )


def read_labels(path: Path) -> Labels:
    """Labels from a .npy or .csv file.

    Raises:
        DataError: Anything in it is neither 0 nor 1; the message names file and row.
    """
    return _read_csv(path) if path.suffix == ".csv" else checked_labels(path, read_array(path))


def mask_labels(masks: Iterable[NDArray[np.bool_]]) -> Labels:
    """Label the frames whose mask (H, W) has an anomalous pixel."""
    return np.array([mask.any() for mask in masks], np.uint8)


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
            "Save it with np.save(path, labels.astype('uint8')).",
        ) from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "buif":
        raise DataError(f"{path} holds no numbers.", "Labels are 0 or 1.")
    return values


def checked_labels(place: Path | str, values: NDArray[Any]) -> Labels:
    """Labels from an array (N,), (1, N) or (N, 1) of 0 and 1.

    Raises:
        DataError: It has another shape or other values; the message names the place.
    """
    if values.size != max(values.shape, default=0):
        raise DataError(f"{place} has the shape {values.shape}, expected (N,), (1, N) or (N, 1).")
    return _checked(place, [(frame, value) for frame, value in enumerate(values.ravel().tolist())])


def _read_csv(path: Path) -> Labels:
    values = []
    for frame, row in enumerate(read_csv(path, ("label",), ("frame", "label"), header="optional")):
        if row.cells.get("frame", str(frame)) != str(frame):
            raise row.error(f"frame {row.cells['frame']!r}, expected {frame}")
        values.append((row.number, row.cells["label"]))
    return _checked(path, values, "row")


def _checked(path: Path | str, values: Sequence[tuple[int, Any]], place: str = "frame") -> Labels:
    if not values:
        raise DataError(f"{path} holds no labels.")
    for at, value in values:
        if _number(value) not in (0.0, 1.0):
            raise DataError(f"{path}, {place} {at}: {value!r} is neither 0 nor 1.")
    return np.array([float(value) for _, value in values]).astype(np.uint8)


def _number(value: Any) -> float:
    """The number that a cell says, or NaN."""
    try:
        return float(value)
    except ValueError:
        return float("nan")

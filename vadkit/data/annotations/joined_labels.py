"""Frame labels of all test videos in one file, as most published codes keep them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.frame_labels import Labels, check_length, checked_labels, range_labels
from vadkit.data.annotations.numbers import read_mat, read_row
from vadkit.errors import DataError

RANGES = "gt"
"""Variable of a MATLAB file: for each video (2, k) first and last frames, from 1, both in."""


def read_joined_labels(path: Path, lengths: Mapping[str, int]) -> dict[str, Labels]:
    """Labels of videos of so many frames, which are in the file in the order of these.

    It holds a row with the labels of all frames, or, as a .mat file, ranges of frames for each
    video (Liu et al., CVPR 2018: `ped2.mat`, `avenue.mat`).

    Raises:
        DataError: It holds neither, or those of other videos.
    """
    ranges = read_mat(path).get(RANGES) if path.suffix.lower() == ".mat" else None
    if ranges is None or ranges.dtype != object:
        return _of_row(path, lengths)
    check_length(f"{path} (a cell a video)", len(lengths), ranges.size)
    return {
        video: _labelled(f"{path}, {video}", np.asarray(of), frames)
        for (video, frames), of in zip(lengths.items(), ranges.ravel(), strict=True)
    }


def _of_row(path: Path, lengths: Mapping[str, int]) -> dict[str, Labels]:
    labels = checked_labels(path, read_row(path))
    check_length(f"{path} (all videos together)", sum(lengths.values()), len(labels))
    parts = np.split(labels, np.cumsum([*lengths.values()])[:-1])
    return dict(zip(lengths, parts, strict=True))


def _labelled(source: str, ranges: NDArray[np.number], frames: int) -> Labels:
    if ranges.size and (ranges.ndim != 2 or len(ranges) != 2):  # noqa: PLR2004 - first and last
        raise DataError(f"{source} has ranges of the shape {ranges.shape}, expected (2, k).")
    pairs = [(int(first), int(last)) for first, last in ranges.reshape(2, -1).T]
    return range_labels(source, pairs, frames)

"""Frame labels of all test videos in one file, as most published codes keep them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.frame_labels import Labels, check_length, range_labels, read_labels
from vadkit.data.annotations.numbers import read_mat
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
    if not path.is_file():
        raise DataError(f"{path} is neither a file nor a folder.", "Check the path.")
    ranges = read_mat(path).get(RANGES) if path.suffix.lower() == ".mat" else None
    if ranges is None or ranges.dtype != object:
        return _of_row(path, lengths)
    if ranges.size != len(lengths):
        raise DataError(f"{path} has ranges of {ranges.size} videos, and there are {len(lengths)}.")
    return {
        video: _labelled(f"{path}, {video}", np.asarray(of), frames)
        for (video, frames), of in zip(lengths.items(), ranges.ravel(), strict=True)
    }


def _of_row(path: Path, lengths: Mapping[str, int]) -> dict[str, Labels]:
    labels = read_labels(path)
    check_length(f"{path} (all videos together)", sum(lengths.values()), len(labels))
    parts = np.split(labels, np.cumsum([*lengths.values()])[:-1])
    return dict(zip(lengths, parts, strict=True))


def _labelled(source: str, ranges: NDArray[np.number], frames: int) -> Labels:
    if ranges.size and (ranges.ndim != 2 or len(ranges) != 2):  # noqa: PLR2004 - first and last
        raise DataError(f"{source} has ranges of the shape {ranges.shape}, expected (2, k).")
    pairs = sorted((int(first), int(last)) for first, last in ranges.reshape(2, -1).T)
    for (_, last), (first, _) in pairwise(pairs):
        if first <= last:
            raise DataError(
                f"{source} has ranges that overlap at frame {first}.",
                "First frames stand in the first row and last ones in the second.",
            )
    return range_labels(source, pairs, frames)

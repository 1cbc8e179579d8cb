"""The tree in which most published codes keep any data set: frames, labels in one of three forms.

Liu et al. (CVPR 2018) began with it, and MNAD, HF2VAD and many others follow.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.api import (
    DataError,
    ExpectedFiles,
    FileDataset,
    Split,
    Video,
    check_length,
    checked_labels,
    frame_files,
    one_form,
    range_labels,
    read_array,
    read_labels,
    read_mat,
)
from vadkit_datasets.cards import FRAMES, FolderConfig

FOLDERS: dict[Split, str] = {"train": "training/frames", "test": "testing/frames"}
MASKS = "testing/test_frame_mask"
RANGES = "gt"
"""Variable of a MATLAB file: for each test video (2, k) first and last frames, from 1, both in."""


class Frames(FileDataset[FolderConfig]):
    """Folders of frames; both splits number theirs from 01, so names are Train_01, Test_01, ...

    Labels are a file a test video (`test_frame_mask/01.npy`); or one file of all, in the order of
    their names: `NAME.mat` with ranges of frames, or a .npy with the labels of all frames in a row.
    """

    card = FRAMES
    expected = ExpectedFiles(labelled=False)

    def holds(self, base: Path) -> bool:
        return all((base / folder).is_dir() for folder in FOLDERS.values())

    def videos(self, split: Split) -> list[Video]:
        return self.listed(self.base / FOLDERS[split], split, f"{split.capitalize()}_")

    def frame_rate(self) -> float | None:
        return self.config.fps

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        return self._labels.get(video.name) if video.split == "test" else None

    def label_files(self) -> list[Path]:
        masks = self.base / MASKS
        joined = [path for path in sorted(self.base.iterdir()) if path.suffix in (".mat", ".npy")]
        return [*joined, *([masks] if masks.is_dir() else [])]

    @cached_property
    def _labels(self) -> dict[str, NDArray[np.uint8]]:
        """Each test video's labels."""
        files = self.label_files()
        if len(files) > 1:
            raise DataError(
                f"{self.base} holds labels twice: {', '.join(path.name for path in files)}.",
                "Leave those in it that count.",
            )
        if not files:
            return {}
        if files[0].is_dir():
            return self._of_masks(files[0])
        return self._of_ranges(files[0]) if files[0].suffix == ".mat" else self._of_row(files[0])

    def _of_masks(self, folder: Path) -> dict[str, NDArray[np.uint8]]:
        files = {one_form(path.stem): path for path in folder.iterdir()}
        names = {video.name: video.name.removeprefix("Test_") for video in self.videos("test")}
        return {video: read_labels(files[of]) for video, of in names.items() if of in files}

    def _of_ranges(self, path: Path) -> dict[str, NDArray[np.uint8]]:
        content = read_mat(path)
        if RANGES not in content:
            raise DataError(f"{path} holds no variable {RANGES!r}.")
        videos, ranges = self.videos("test"), content[RANGES].ravel()
        check_length(f"{path} (a row a test video)", len(videos), len(ranges))
        return {
            video.name: _labelled(f"{path}, {video.name}", np.asarray(of), _length(video))
            for video, of in zip(videos, ranges, strict=True)
        }

    def _of_row(self, path: Path) -> dict[str, NDArray[np.uint8]]:
        joined, videos = checked_labels(path, read_array(path)), self.videos("test")
        lengths = [_length(video) for video in videos]
        check_length(f"{path} (the test videos together)", sum(lengths), len(joined))
        parts = np.split(joined, np.cumsum(lengths)[:-1])
        return {video.name: labels for video, labels in zip(videos, parts, strict=True)}


def _labelled(source: str, ranges: NDArray[np.number], frames: int) -> NDArray[np.uint8]:
    if ranges.size and (ranges.ndim != 2 or len(ranges) != 2):  # noqa: PLR2004 - first and last
        raise DataError(f"{source} has ranges of the shape {ranges.shape}, expected (2, k).")
    pairs = [(int(first), int(last)) for first, last in ranges.reshape(2, -1).T]
    return range_labels(source, pairs, frames)


def _length(video: Video) -> int:
    return len(frame_files(video.path))

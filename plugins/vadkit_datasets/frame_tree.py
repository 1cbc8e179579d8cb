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
    frame_files,
    one_form,
    read_joined_labels,
    read_labels,
)
from vadkit_datasets.cards import FRAME_TREE, FolderConfig

FOLDERS: dict[Split, str] = {"train": "training/frames", "test": "testing/frames"}
MASKS = "testing/test_frame_mask"


class FrameTree(FileDataset[FolderConfig]):
    """Folders of frames; both splits number theirs from 01, so names are Train_01, Test_01, ...

    Labels are a file a test video (`test_frame_mask/01.npy`); or one file of all, in the order of
    their names: `NAME.mat` with ranges of frames, or a .npy with the labels of all frames in a row.
    """

    card = FRAME_TREE
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
        lengths = {video.name: len(frame_files(video.path)) for video in self.videos("test")}
        return read_joined_labels(files[0], lengths)

    def _of_masks(self, folder: Path) -> dict[str, NDArray[np.uint8]]:
        files = {one_form(path.stem): path for path in folder.iterdir()}
        names = {video.name: video.name.removeprefix("Test_") for video in self.videos("test")}
        return {video: read_labels(files[of]) for video, of in names.items() if of in files}

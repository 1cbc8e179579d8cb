"""CUHK Avenue in its official tree, whole or in part."""

from __future__ import annotations

from collections.abc import Iterator
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
    count_frames,
    mask_labels,
    read_joined_labels,
    read_mat,
)
from vadkit_datasets.cards import AVENUE, AvenueConfig

FOLDERS: dict[Split, str] = {"train": "training_videos", "test": "testing_videos"}


class Avenue(FileDataset[AvenueConfig]):
    """16 training and 21 test videos, 640x360.

    There are two sets of frame labels. `pixels` come from the masks: 3712 anomalous frames of
    15,324. `intervals`, which many codes use, have 3867 and differ in 441 frames. Both splits
    number their videos from 01, so names here are Train_01, Test_01, ...
    """

    card = AVENUE
    naming = "[0-9]+"
    expected = ExpectedFiles(
        counts={"train": (16, 15_328), "test": (21, 15_324)},
        size=(640, 360),
        unmasked=0,
    )

    def candidates(self, root: Path) -> list[Path]:
        return [root / "Avenue Dataset", root / "Avenue_Dataset" / "Avenue Dataset", root]

    def holds(self, base: Path) -> bool:
        return all((base / folder).is_dir() for folder in FOLDERS.values())

    def videos(self, split: Split) -> list[Video]:
        return self.listed(self.base / FOLDERS[split], split, f"{split.capitalize()}_")

    @property
    def label_set(self) -> str:
        return self.config.labels

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        if self.config.labels == "intervals":
            return self._intervals.get(video.name)
        masks = self.masks(video)
        return None if masks is None else mask_labels(masks)

    def masks(self, video: Video) -> Iterator[NDArray[np.bool_]] | None:
        path = self._mask_folder() / f"{video.path.stem.lstrip('0')}_label.mat"
        if video.split == "train" or not path.is_file():
            return None
        return iter(read_mat_masks(path))

    def label_files(self) -> list[Path]:
        intervals = [self._interval_file] if self.config.labels == "intervals" else []
        return [self._mask_folder(), *intervals]

    @property
    def _interval_file(self) -> Path:
        return self.base / "frame_labels_avenue.npy"

    @cached_property
    def _intervals(self) -> dict[str, NDArray[np.uint8]]:
        """Labels of each test video; the file holds those of all videos in sequence."""
        lengths = {video.name: count_frames(video.path) for video in self.videos("test")}
        return read_joined_labels(self._interval_file, lengths)

    def _mask_folder(self) -> Path:
        """The authors offer videos and masks as two archives, unpacked side by side or nested."""
        tail = Path("ground_truth_demo") / "testing_label_mask"
        nested = self.base / tail
        return nested if nested.is_dir() else self.base.parent / tail


def read_mat_masks(path: Path, key: str = "volLabel") -> list[NDArray[np.bool_]]:
    """(H, W) masks of all frames from a MATLAB file with a cell of them.

    Raises:
        DataError: It cannot be read, or a mask holds anything but 0 and 1.
    """
    content = read_mat(path)
    if key not in content:
        raise DataError(f"{path} holds no variable {key!r}.")
    cells = content[key].ravel()
    for frame, cell in enumerate(cells):
        mask = np.asarray(cell)
        if mask.ndim != 2 or mask.dtype.kind not in "bui" or mask.max(initial=0) > 1:  # noqa: PLR2004
            raise DataError(f"{path}, frame {frame}: not a mask of 0 and 1.")
        if mask.shape != np.shape(cells[0]):
            raise DataError(f"{path}, frame {frame}: its size differs from that of frame 0.")
    return [np.asarray(cell).astype(bool) for cell in cells]

"""CUHK Avenue in its official tree, whole or in part."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.frame_labels import (
    check_length,
    checked_labels,
    mask_labels,
    read_array,
    read_mat_masks,
)
from vadkit.data.dataset import Split, Video
from vadkit.data.datasets.common import FilesDataset, Official, count_frames, list_videos
from vadkit.dataset_cards import AVENUE, AvenueConfig

FOLDERS: dict[Split, str] = {"train": "training_videos", "test": "testing_videos"}


class Avenue(FilesDataset[AvenueConfig]):
    """16 training and 21 test videos, 640x360.

    There are two sets of frame labels. `pixels` come from the masks: 3712 anomalous frames of
    15,324. `intervals`, which many codes use, have 3867 and differ in 441 frames. Both splits
    number their videos from 01, so names here are Train_01, Test_01, ...
    """

    card = AVENUE
    official: ClassVar[Official] = {"train": (16, 15_328), "test": (21, 15_324)}
    size = (640, 360)
    unmasked = 0

    def candidates(self, root: Path) -> list[Path]:
        return [root / "Avenue Dataset", root / "Avenue_Dataset" / "Avenue Dataset", root]

    def holds(self, base: Path) -> bool:
        return all((base / folder).is_dir() for folder in FOLDERS.values())

    def videos(self, split: Split) -> list[Video]:
        return list_videos(self.base / FOLDERS[split], split, f"{split.capitalize()}_")

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
        own = [self._interval_file] if self.config.labels == "intervals" else []
        return [self._mask_folder(), *own]

    @property
    def _interval_file(self) -> Path:
        return self.base / "frame_labels_avenue.npy"

    @cached_property
    def _intervals(self) -> dict[str, NDArray[np.uint8]]:
        """Labels of all test videos, which lie one after another in one file."""
        strung = checked_labels(self._interval_file, read_array(self._interval_file))
        videos = self.videos("test")
        lengths = [count_frames(video.path) for video in videos]
        check_length(f"{self._interval_file} (the test videos together)", sum(lengths), len(strung))
        parts = np.split(strung, np.cumsum(lengths)[:-1])
        return {video.name: labels for video, labels in zip(videos, parts, strict=True)}

    def _mask_folder(self) -> Path:
        """The authors offer videos and masks as two archives, unpacked side by side or nested."""
        tail = Path("ground_truth_demo") / "testing_label_mask"
        nested = self.base / tail
        return nested if nested.is_dir() else self.base.parent / tail

"""CUHK Avenue in its official tree, whole or in part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from vadkit.builtin import AVENUE
from vadkit.cards import NoOptions
from vadkit.data.dataset import Split, Video
from vadkit.data.datasets.common import FilesDataset, list_videos
from vadkit.data.labels import mask_labels, read_mat_masks

FOLDERS: dict[Split, str] = {"train": "training_videos", "test": "testing_videos"}


class Avenue(FilesDataset[NoOptions]):
    """16 training and 21 test videos, 640x360.

    Frame labels come from the pixel masks: 3712 anomalous frames of 15,324. (The interval labels
    in some codes have 3867 and differ in 441 frames.) Both splits number their videos from 01,
    so names here are Train_01, Test_01, ...
    """

    card = AVENUE
    official: ClassVar[dict[Split, tuple[int, int]]] = {"train": (16, 15_328), "test": (21, 15_324)}
    size = (640, 360)

    def candidates(self, root: Path) -> list[Path]:
        return [root / "Avenue Dataset", root / "Avenue_Dataset" / "Avenue Dataset", root]

    def holds(self, base: Path) -> bool:
        return all((base / folder).is_dir() for folder in FOLDERS.values())

    def videos(self, split: Split) -> list[Video]:
        return list_videos(self.base / FOLDERS[split], split, f"{split.capitalize()}_")

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        masks = self.masks(video)
        return None if masks is None else mask_labels(masks)

    def masks(self, video: Video) -> Iterator[NDArray[np.bool_]] | None:
        path = self._mask_folder() / f"{video.path.stem.lstrip('0')}_label.mat"
        if video.split == "train" or not path.is_file():
            return None
        return iter(read_mat_masks(path))

    def label_files(self) -> list[Path]:
        return [self._mask_folder()]

    def _mask_folder(self) -> Path:
        """The authors offer videos and masks as two archives, unpacked side by side or nested."""
        tail = Path("ground_truth_demo") / "testing_label_mask"
        nested = self.base / tail
        return nested if nested.is_dir() else self.base.parent / tail

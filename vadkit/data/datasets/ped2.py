"""UCSD Ped2 in its official tree, with the original .tif frames or the .jpg ones of many codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from vadkit.builtin import PED2
from vadkit.cards import NoOptions
from vadkit.data.dataset import Split, Video
from vadkit.data.datasets.common import FilesDataset, list_videos, read_masks
from vadkit.data.frame_folder import frame_files
from vadkit.data.intervals import range_labels, read_ucsd
from vadkit.data.labels import check_length
from vadkit.errors import DataError


class Ped2(FilesDataset[NoOptions]):
    """16 training and 12 test videos, 360x240, grey."""

    card = PED2
    official: ClassVar[dict[Split, tuple[int, int]]] = {"train": (16, 2550), "test": (12, 2010)}
    size = (360, 240)

    def candidates(self, root: Path) -> list[Path]:
        return [root, root / "UCSDped2", root / "UCSD_Anomaly_Dataset.v1p2" / "UCSDped2"]

    def holds(self, base: Path) -> bool:
        return (base / "Train").is_dir() and (base / "Test").is_dir()

    def videos(self, split: Split) -> list[Video]:
        # "Test001_gt" holds the masks of "Test001".
        found = list_videos(self.base / split.capitalize(), split)
        return [video for video in found if not video.name.endswith("_gt")]

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        if video.split == "train":
            return None
        path = self.base / "Test" / "UCSDped2.m"
        if not path.is_file():
            raise DataError(f"{path} is missing; it holds the frame labels.")
        ranges, number = read_ucsd(path), int(video.name.removeprefix("Test"))
        if number > len(ranges):
            raise DataError(f"{path} labels {len(ranges)} videos, but not {video.name}.")
        return range_labels(f"{path}, {video.name}", ranges[number - 1], len(_frames(video)))

    def masks(self, video: Video) -> Iterator[NDArray[np.bool_]] | None:
        folder = video.path.with_name(f"{video.name}_gt")
        if not folder.is_dir():
            return None
        check_length(f"{folder} (masks)", len(_frames(video)), len(frame_files(folder)))
        return read_masks(folder)

    def label_files(self) -> list[Path]:
        test = self.base / "Test"
        return [test / "UCSDped2.m", *sorted(test.glob("Test*_gt"))]


def _frames(video: Video) -> list[Path]:
    return frame_files(video.path)

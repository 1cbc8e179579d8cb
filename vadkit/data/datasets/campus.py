"""NWPU Campus in its official tree."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from vadkit.cards import NoOptions
from vadkit.data.dataset import Split, Video
from vadkit.data.datasets.common import FilesDataset, Official, list_videos
from vadkit.data.labels import checked_labels
from vadkit.dataset_cards import CAMPUS
from vadkit.errors import DataError


class Campus(FilesDataset[NoOptions]):
    """305 training and 242 test videos of 43 scenes, most of them 1920x1080; 16 hours."""

    card = CAMPUS
    official: ClassVar[Official] = {"train": (305, None), "test": (242, None)}

    def candidates(self, root: Path) -> list[Path]:
        return [root, root / "NWPUCampusDataset"]

    def holds(self, base: Path) -> bool:
        return all((base / "videos" / name).is_dir() for name in ("Train", "Test"))

    def videos(self, split: Split) -> list[Video]:
        return list_videos(self.base / "videos" / split.capitalize(), split)

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        if video.split == "train" or video.name not in self._by_name:
            return None
        path = self._file
        try:
            values = self._by_name[video.name]
        except ValueError as error:  # an array of objects, which is code
            raise DataError(f"{path}: the labels of {video.name} are no numbers.") from error
        return checked_labels(f"{path}, {video.name}", np.asarray(values))

    def label_files(self) -> list[Path]:
        return [self._file]

    @property
    def _file(self) -> Path:
        return self.base / "groundtruth" / "NWPU_Campus_gt.npz"

    @cached_property
    def _by_name(self) -> Any:
        """Video -> its labels, read when asked for."""
        try:
            return np.load(self._file, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(
                f"{self._file} is missing or cannot be read; it holds the frame labels."
            ) from error

"""NWPU Campus in its official tree."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.api import (
    ExpectedFiles,
    FileDataset,
    NoOptions,
    Split,
    Video,
    checked_labels,
    list_videos,
    read_arrays,
)
from vadkit_datasets.cards import CAMPUS


class Campus(FileDataset[NoOptions]):
    """305 training and 242 test videos of 43 scenes, most of them 1920x1080; 16 hours."""

    card = CAMPUS
    expected = ExpectedFiles(
        counts={"train": (305, None), "test": (242, None)},
    )

    def candidates(self, root: Path) -> list[Path]:
        return [root, root / "NWPUCampusDataset"]

    def holds(self, base: Path) -> bool:
        return all((base / "videos" / name).is_dir() for name in ("Train", "Test"))

    def videos(self, split: Split) -> list[Video]:
        return list_videos(self.base / "videos" / split.capitalize(), split)

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        if video.split == "train" or video.name not in self._by_name:
            return None
        return checked_labels(f"{self._file}, {video.name}", self._by_name[video.name])

    def label_files(self) -> list[Path]:
        return [self._file]

    @property
    def _file(self) -> Path:
        return self.base / "groundtruth" / "NWPU_Campus_gt.npz"

    @cached_property
    def _by_name(self) -> dict[str, NDArray[Any]]:
        """Video -> its labels."""
        return read_arrays(self._file)

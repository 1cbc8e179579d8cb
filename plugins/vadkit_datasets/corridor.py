"""IITB Corridor in its official tree: every video in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.api import ExpectedFiles, FileDataset, NoOptions, Split, Video, list_videos, read_labels
from vadkit_datasets.cards import CORRIDOR

FOLDERS: dict[Split, str] = {
    "train": "Train_IITB_Corridor/Train",
    "test": "Test_IITB-Corridor/Test",
}
LABELS = "Test_IITB-Corridor/Test_Annotation/Annotation"


class Corridor(FileDataset[NoOptions]):
    """208 training and 150 test videos of one corridor, 1920x1080; 483,566 frames."""

    card = CORRIDOR
    expected = ExpectedFiles(
        counts={"train": (208, None), "test": (150, None)},
        size=(1920, 1080),
    )

    def holds(self, base: Path) -> bool:
        return all((base / folder).is_dir() for folder in FOLDERS.values())

    def videos(self, split: Split) -> list[Video]:
        folders = sorted(path for path in (self.base / FOLDERS[split]).iterdir() if path.is_dir())
        return [video for folder in folders for video in list_videos(folder, split)]

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        path = self.base / LABELS / video.name / f"{video.name}.npy"
        return read_labels(path) if video.split == "test" and path.is_file() else None

    def label_files(self) -> list[Path]:
        return [self.base / LABELS]

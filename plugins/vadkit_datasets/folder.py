"""`folder`: anybody's videos in the standard layout."""

from __future__ import annotations

from vadkit.api import FolderDataset
from vadkit_datasets.cards import FOLDER, FolderConfig


class Folder(FolderDataset[FolderConfig]):
    """Videos in `train` and `test`, what is known about them beside."""

    card = FOLDER

    def frame_rate(self) -> float | None:
        return self.config.fps

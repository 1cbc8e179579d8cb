"""A tree of unrelated images as training data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.api import DataError, FileDataset, NoOptions, Split, Video, is_image
from vadkit_datasets.cards import IMAGES as CARD


class Images(FileDataset[NoOptions]):
    """Every folder of images is a training video, whose frames are read one at a time.

    Images of other sizes are scaled to the folder's first.
    """

    card = CARD

    def holds(self, base: Path) -> bool:
        return bool(_folders(base))

    def videos(self, split: Split) -> list[Video]:
        if split == "test":
            return []
        folders: dict[str, Path] = {}
        for folder in _folders(self.base):
            name = self._name(folder)
            if name in folders:
                raise DataError(
                    f"{folder} and {folders[name]} would both be named {name!r}.", "Rename one."
                )
            folders[name] = folder
        return [Video(name, folder, split, unrelated=True) for name, folder in folders.items()]

    def _name(self, folder: Path) -> str:
        return "-".join(folder.relative_to(self.base).parts) or self.base.name

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        return None

    def label_files(self) -> list[Path]:
        return []


def _folders(base: Path) -> list[Path]:
    """Every folder at or below the base that holds an image, in order of name."""
    return sorted({path.parent for path in base.rglob("*") if is_image(path)})

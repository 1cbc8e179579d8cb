"""ShanghaiTech Campus in its official tree: training videos as files, test videos as frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.api import (
    DataError,
    ExpectedFiles,
    FileDataset,
    NoOptions,
    Split,
    Track,
    Video,
    read_array,
    read_evaluator_tracks,
    read_labels,
)
from vadkit_datasets.cards import SHANGHAITECH

FOLDERS: dict[Split, str] = {"train": "training/videos", "test": "testing/frames"}
TRACKS = "annotations/ShanghaiTech"
"""Where they lie in the repository of the published evaluator of RBDC and TBDC."""


class ShanghaiTech(FileDataset[NoOptions]):
    """330 training and 107 test videos of 13 scenes, 856x480; 17,326 of 40,791 test frames.

    Tracks are those of Georgescu et al. (PAMI 2021), where they lie beside the data.
    """

    card = SHANGHAITECH
    naming = "[0-9]+_[0-9]+"
    expected = ExpectedFiles(
        counts={"train": (330, None), "test": (107, 40_791)},
        size=(856, 480),
        unmasked=0,
    )

    def candidates(self, root: Path) -> list[Path]:
        return [root, root / "shanghaitech"]

    def holds(self, base: Path) -> bool:
        return all((base / folder).is_dir() for folder in FOLDERS.values())

    def videos(self, split: Split) -> list[Video]:
        return self.listed(self.base / FOLDERS[split], split)

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        path = self._known("frame", video)
        return read_labels(path) if path else None

    def masks(self, video: Video) -> Iterator[NDArray[np.bool_]] | None:
        path = self._known("pixel", video)
        return iter(_masks(path)) if path else None

    def tracks(self, video: Video) -> list[Track] | None:
        path = self.base / TRACKS / f"{video.name}.txt"
        return read_evaluator_tracks(path) if path.is_file() else None

    def label_files(self) -> list[Path]:
        masks = [self.base / "testing" / f"test_{kind}_mask" for kind in ("frame", "pixel")]
        return [*masks, self.base / TRACKS]

    def _known(self, kind: str, video: Video) -> Path | None:
        path = self.base / "testing" / f"test_{kind}_mask" / f"{video.name}.npy"
        return path if video.split == "test" and path.is_file() else None


def _masks(path: Path) -> Iterator[NDArray[np.bool_]]:
    """Frame by frame: those of a long video do not fit into memory."""
    volume = read_array(path)
    if volume.ndim != 3:  # noqa: PLR2004
        raise DataError(f"{path} has the shape {volume.shape}, expected (frames, height, width).")
    for frame in volume:
        yield np.asarray(frame) != 0

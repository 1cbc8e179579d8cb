"""Street Scene in its official tree: frames, and boxes of every anomaly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.api import (
    ExpectedFiles,
    FileDataset,
    NoOptions,
    Split,
    Track,
    TrackedBox,
    Video,
    build_tracks,
    frame_files,
    read_csv,
)
from vadkit_datasets.cards import STREET_SCENE

COLUMNS = ("frame", "track", "x", "y", "width", "height")
"""`frame` is the file's name; x and y are the box's centre, in pixels."""


class StreetScene(FileDataset[NoOptions]):
    """46 training and 35 test videos of one street, 1280x720; 205 anomalous events."""

    card = STREET_SCENE
    naming = r"(Train|Test)[0-9]+"
    expected = ExpectedFiles(
        counts={"train": (46, None), "test": (35, None)},
        size=(1280, 720),
    )

    def candidates(self, root: Path) -> list[Path]:
        return [root, root / "StreetScene"]

    def holds(self, base: Path) -> bool:
        return (base / "Train").is_dir() and (base / "Test").is_dir()

    def videos(self, split: Split) -> list[Video]:
        return self.listed(self.base / split.capitalize(), split)

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        tracks = self.tracks(video)
        if tracks is None:
            return None
        labels = np.zeros(len(frame_files(video.path)), np.uint8)
        for track in tracks:
            labels[track.frames] = 1
        return labels

    def tracks(self, video: Video) -> list[Track] | None:
        files = _label_files(video)
        if video.split == "train" or not files:
            return None
        return build_tracks(_boxes(files[0], frame_files(video.path)))

    def label_files(self) -> list[Path]:
        return [path for video in self.videos("test") for path in _label_files(video)]


def _label_files(video: Video) -> list[Path]:
    return sorted(video.path.glob("*_gt.txt"))


def _boxes(path: Path, frames: list[Path]) -> Iterator[TrackedBox]:
    number_of = {file.name: index for index, file in enumerate(frames)}
    for row in read_csv(path, COLUMNS, header="none", blanks=True):
        if row.cells["frame"] not in number_of:
            raise row.error(f"there is no frame {row.cells['frame']}")
        x, y, width, height = row.floats(COLUMNS[2:])
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        yield TrackedBox(row.cells["track"], number_of[row.cells["frame"]], box)

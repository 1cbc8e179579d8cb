"""Street Scene in its official tree: frames, and boxes of every anomaly."""

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
    TrackedBox,
    Video,
    build_tracks,
    frame_files,
    list_videos,
    parse_number,
)
from vadkit_datasets.cards import STREET_SCENE

COLUMNS = 6
"""Frame's file, track, the box's centre x and y, its width and height, in pixels."""


class StreetScene(FileDataset[NoOptions]):
    """46 training and 35 test videos of one street, 1280x720; 205 anomalous events."""

    card = STREET_SCENE
    expected = ExpectedFiles(
        counts={"train": (46, None), "test": (35, None)},
        size=(1280, 720),
    )

    def candidates(self, root: Path) -> list[Path]:
        return [root, root / "StreetScene"]

    def holds(self, base: Path) -> bool:
        return (base / "Train").is_dir() and (base / "Test").is_dir()

    def videos(self, split: Split) -> list[Video]:
        return list_videos(self.base / split.capitalize(), split)

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
        return build_tracks(_rows(files[0], frame_files(video.path)))

    def label_files(self) -> list[Path]:
        return [path for video in self.videos("test") for path in _label_files(video)]


def _label_files(video: Video) -> list[Path]:
    return sorted(video.path.glob("*_gt.txt"))


def _rows(path: Path, frames: list[Path]) -> Iterator[TrackedBox]:
    number_of = {file.name: index for index, file in enumerate(frames)}
    for at, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        if line.strip():
            yield _row(f"{path}, row {at}", line.split(), number_of)


def _row(place: str, cells: list[str], number_of: dict[str, int]) -> TrackedBox:
    values = [parse_number(cell) for cell in cells[2:]]
    if len(cells) != COLUMNS or not np.isfinite(values).all():
        raise DataError(f"{place}: not `frame track x y width height`.")
    if cells[0] not in number_of:
        raise DataError(f"{place}: there is no frame {cells[0]}.")
    x, y, width, height = values
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return TrackedBox(cells[1], number_of[cells[0]], box)

"""The standard layout of videos, labels, masks and tracks in a folder, and its base class.

docs/write-other-plugins.md shows it, under "The layout of `folder`".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.frame_labels import (
    Interval,
    interval_labels,
    mask_labels,
    read_intervals,
    read_labels,
)
from vadkit.data.annotations.pixel_masks import read_masks
from vadkit.data.annotations.tracks import read_tracks
from vadkit.data.dataset import Split, Track, Video
from vadkit.data.file_dataset import FileDataset
from vadkit.data.verification import ExpectedFiles
from vadkit.data.video.open_video import clip_name, is_video, list_videos, open_video
from vadkit.errors import DataError

ConfigT = TypeVar("ConfigT")


class FolderDataset(FileDataset[ConfigT]):
    """A data set in the standard layout; a subclass names its card.

    Args:
        root: The folder that holds `train/` or `test/`.
        config: The options, an instance of the card's config class.

    Raises:
        DataError: There is no video in it.
    """

    expected = ExpectedFiles(labelled=False)

    def holds(self, base: Path) -> bool:
        return bool(_all_videos(base))

    def videos(self, split: Split) -> list[Video]:
        paths: dict[str, Path] = {}
        for video in _all_videos(self.base):
            if video.name in paths:
                raise DataError(
                    f"{video.path} and {paths[video.name]} are both named {video.name!r}.",
                    "Rename one of them; labels are looked up by name.",
                )
            paths[video.name] = video.path
        return list_videos(self.base / split, split)

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        stem = self.base / "labels" / video.name
        for path in (_with(stem, ".npy"), _with(stem, ".csv")):
            if path.is_file():
                return read_labels(path)
        intervals = self._intervals().get(video.name)
        if intervals is not None and not stem.is_dir():
            return interval_labels(str(self.base / "labels.csv"), intervals, self._times(video))
        masks = self.masks(video)
        return None if masks is None else mask_labels(masks)

    def masks(self, video: Video) -> Iterator[NDArray[np.bool_]] | None:
        stem = self.base / "masks" / video.name
        for path in (stem, _with(stem, ".mkv"), self.base / "labels" / video.name):
            if path.exists():
                return read_masks(path)
        return None

    def tracks(self, video: Video) -> list[Track] | None:
        path = self.base / "tracks" / f"{video.name}.csv"
        return read_tracks(path) if path.is_file() else None

    def verify(self) -> list[str]:
        files = [path for split in get_args(Split) for path in self._entries(split)]
        ignored = [f"{path}: not a video, ignored." for path in files if not is_video(path)]
        return [*self._without_video(), *ignored, *super().verify()]

    def label_files(self) -> list[Path]:
        return [self.base / name for name in ("labels", "labels.csv", "masks", "tracks")]

    def _without_video(self) -> list[str]:
        """Files and rows that belong to no video."""
        names = {video.name for video in _all_videos(self.base)}
        files = [path for kind in ("labels", "masks", "tracks") for path in self._entries(kind)]
        problems = [
            f"{path}: there is no video of this name."
            for path in files
            if clip_name(path) not in names
        ]
        return problems + [
            f"{self.base / 'labels.csv'}: there is no video {name!r}."
            for name in self._intervals().keys() - names
        ]

    def _entries(self, name: str) -> list[Path]:
        folder = self.base / name
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def _intervals(self) -> dict[str, list[Interval]]:
        path = self.base / "labels.csv"
        return read_intervals(path) if path.is_file() else {}

    def _times(self, video: Video) -> NDArray[np.float64]:
        """(frames,) when each frame is shown in seconds, from the stream, since rates vary."""
        fps = self.frame_rate() if video.path.is_dir() else None
        return np.array([frame.time_s for frame in open_video(video.path, fps=fps).frames()])


def _all_videos(base: Path) -> list[Video]:
    splits: tuple[Split, ...] = get_args(Split)
    return [video for split in splits for video in list_videos(base / split, split)]


def _with(stem: Path, ending: str) -> Path:
    # Not `with_suffix`, which takes "lobby.2" for a name with an ending.
    return stem.with_name(stem.name + ending)

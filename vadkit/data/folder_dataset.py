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
from vadkit.data.video.open_video import clip_name, entries, open_video, videos_below
from vadkit.errors import DataError

ConfigT = TypeVar("ConfigT")
KINDS = ("labels", "masks", "tracks")
"""Folders of what is known about videos."""


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
        return videos_below(self.base / split, split)

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        file, folder = self._named("labels", video), self._named("labels", video, folder=True)
        intervals = self._intervals().get(video.name)
        if intervals is not None and (known := file or folder):
            raise DataError(
                f"{known} and {self.base / 'labels.csv'} are both of the video {video.name!r}.",
                "Keep the labels that count.",
            )
        if file:
            return read_labels(file)
        if intervals is not None:
            return interval_labels(str(self.base / "labels.csv"), intervals, self._times(video))
        masks = self.masks(video)
        return None if masks is None else mask_labels(masks)

    def masks(self, video: Video) -> Iterator[NDArray[np.bool_]] | None:
        for kind, folder in (("masks", True), ("masks", False), ("labels", True)):
            if path := self._named(kind, video, folder=folder):
                return read_masks(path)
        return None

    def tracks(self, video: Video) -> list[Track] | None:
        path = self._named("tracks", video)
        return read_tracks(path) if path else None

    def folders(self) -> set[Path]:
        return {*super().folders(), *(self.base / split for split in get_args(Split))}

    def verify(self) -> list[str]:
        return [*self._without_video(), *super().verify()]

    def label_files(self) -> list[Path]:
        return [self.base / name for name in (*KINDS, "labels.csv")]

    def _without_video(self) -> list[str]:
        """Files and rows that belong to no video."""
        names = {video.name for video in _all_videos(self.base)}
        files = [path for kind in KINDS for path in entries(self.base / kind)]
        problems = [
            f"{path}: there is no video of this name."
            for path in files
            if clip_name(path) not in names
        ]
        return problems + [
            f"{self.base / 'labels.csv'}: there is no video {name!r}."
            for name in self._intervals().keys() - names
        ]

    def _named(self, kind: str, video: Video, *, folder: bool = False) -> Path | None:
        """The file of labels, masks or tracks that is named as a video, or the folder.

        Raises:
            DataError: There are two.
        """
        paths = [path for path in entries(self.base / kind) if clip_name(path) == video.name]
        paths = [path for path in paths if path.is_dir() == folder]
        if len(paths) > 1:
            raise DataError(
                f"{paths[0]} and {paths[1]} are both of the video {video.name!r}.",
                "Keep the one that counts.",
            )
        return paths[0] if paths else None

    def _intervals(self) -> dict[str, list[Interval]]:
        path = self.base / "labels.csv"
        return read_intervals(path) if path.is_file() else {}

    def _times(self, video: Video) -> NDArray[np.float64]:
        """(frames,) when each frame is shown in seconds, from the stream, since rates vary."""
        fps = self.frame_rate() if video.path.is_dir() else None
        return np.array([frame.time_s for frame in open_video(video.path, fps=fps).frames()])


def _all_videos(base: Path) -> list[Video]:
    splits: tuple[Split, ...] = get_args(Split)
    return [video for split in splits for video in videos_below(base / split, split)]

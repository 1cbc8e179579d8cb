"""UBnormal: virtual videos, normal and abnormal, all read as labelled training data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.api import (
    CsvRow,
    FileDataset,
    NoOptions,
    Split,
    Track,
    TrackedBox,
    Video,
    build_tracks,
    count_frames,
    list_videos,
    natural_key,
    range_labels,
    read_csv,
    read_objects,
    read_text,
)
from vadkit_datasets.cards import UBNORMAL

Range = tuple[int, int, int]
"""An object's number, its first and its last anomalous frame, from 0, both in."""
RANGE = ("object", "first", "last")
"""Columns of an annotation."""


class UBnormal(FileDataset[NoOptions]):
    """Videos in scene folders or straight in the root, with or without annotations.

    An abnormal video's frame labels are its tracks; without annotations the whole video counts
    as anomalous, as its name says, and `verify` says so. Where the authors' lists of training
    videos lie beside the data, only those videos are read.
    """

    card = UBNORMAL

    def holds(self, base: Path) -> bool:
        return base.is_dir() and any(_clips(base))

    def videos(self, split: Split) -> list[Video]:
        if split == "test":
            return []
        chosen = self._training_names()
        videos = [video for video in _clips(self.base) if not chosen or video.name in chosen]
        return sorted(videos, key=lambda video: natural_key(video.name))

    def camera(self, video: Video) -> str:
        """The scene, as in `normal_scene_7_scenario_2`."""
        return video.name.partition("scene_")[2].partition("_")[0]

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        frames = count_frames(video.path)
        if video.name.startswith("normal"):
            return np.zeros(frames, np.uint8)
        ranges = _ranges(video)
        if ranges is None:
            return np.ones(frames, np.uint8)
        spans = [(first + 1, last + 1) for _, first, last in ranges]
        return range_labels(f"{video.name}, tracks from 1", spans, frames)

    def masks(self, video: Video) -> Iterator[NDArray[np.bool_]] | None:
        ranges = _ranges(video)
        files = sorted(
            _annotations(video).glob("*_gt.png"), key=lambda path: natural_key(path.name)
        )
        if ranges is None or not files:
            return None
        return _masks(_annotations(video), ranges)

    def tracks(self, video: Video) -> list[Track] | None:
        ranges, maps = _ranges(video), _annotations(video)
        if ranges is None or not any(maps.glob("*_gt.png")):
            return None
        return build_tracks(_tracked_boxes(maps, ranges))

    def verify(self) -> list[str]:
        absent = self._training_names() - {video.name for video in self.videos("train")}
        problems = [f"{name}: in the list of training videos, but not there." for name in absent]
        return sorted(problems) + super().verify()

    def notes(self, video: Video, frames: int) -> list[str]:
        if video.name.startswith("normal") or _ranges(video) is not None:
            return []
        return [f"{video.name}: no annotations; every frame counts as anomalous."]

    def label_files(self) -> list[Path]:
        return [path for video in self.videos("train") for path in _label_files(video)]

    def _training_names(self) -> set[str]:
        lists = [*self.base.glob("*_training_video_names.txt")]
        lists += self.base.glob("scripts/*_training_video_names.txt")
        return {name for path in lists for name in read_text(path).split()}


def _clips(base: Path) -> list[Video]:
    folders = [base, *sorted(base.glob("Scene*"))]
    videos = [video for folder in folders for video in list_videos(folder, "train")]
    return [video for video in videos if _is_clip(video)]


def _is_clip(video: Video) -> bool:
    return video.path.is_file() and video.name.startswith(("normal_", "abnormal_"))


def _annotations(video: Video) -> Path:
    return video.path.with_name(f"{video.name}_annotations")


def _label_files(video: Video) -> list[Path]:
    """The annotation folder, and track files in it or beside it; corrected ones first."""
    folder = _annotations(video)
    names = (f"{video.name}_new_tracks.txt", f"{video.name}_tracks.txt")
    tracks = [place / name for name in names for place in (folder, folder.parent)]
    return [*(path for path in tracks if path.is_file()), folder]


def _ranges(video: Video) -> list[Range] | None:
    path = _label_files(video)[0]
    if not path.is_file():
        return None
    return [_range(row) for row in read_csv(path, RANGE, header="none")]


def _range(row: CsvRow) -> Range:
    number, first, last = (row.whole(column) for column in RANGE)
    return number, first, last


def _masks(folder: Path, ranges: list[Range]) -> Iterator[NDArray[np.bool_]]:
    for frame, objects in enumerate(read_objects(folder)):
        anomalies = [number for number, first, last in ranges if first <= frame <= last]
        yield np.isin(objects, anomalies)


def _tracked_boxes(maps: Path, ranges: list[Range]) -> Iterator[TrackedBox]:
    for frame, objects in enumerate(read_objects(maps)):
        for number, first, last in ranges:
            if first <= frame <= last and (mask := objects == number).any():
                yield TrackedBox((number, first), frame, _box(mask))


def _box(mask: NDArray[np.bool_]) -> list[int]:
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]

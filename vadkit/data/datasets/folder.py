"""A plain folder of videos, and the base of every data set that is rendered into one.

    ROOT/
      train/NAME.mp4         a video file (.mp4 .mov .avi .mkv .webm .ts .wmv .flv .gif ...), or
      train/NAME/            a folder of frames: 000.jpg, 001.jpg, ... (.png .bmp .tif too), no gap
      test/...               likewise
      labels/NAME.npy        frame labels, integers or booleans 0/1 of shape (N,), (1, N) or (N, 1)
      labels/NAME.csv        ... one column, or two with the header `frame,label`
      labels/NAME/           ... or one mask image a frame (anomalous where a pixel is not 0)
      labels.csv             ... or, for all clips, `clip,start_s,end_s`: start <= t < end is
                             anomalous; a row `NAME,,` says that nothing in the clip is
      masks/NAME/            optional pixel masks: one 8-bit image a frame, not 0 = anomalous, or
      masks/NAME.mkv         a lossless grey video (FFV1, pixel format gray), above 127 = anomalous
      tracks/NAME.csv        optional boxes: header `track,kind,frame,x1,y1,x2,y2`, one row a track
                             and frame; track an integer, frame from 0, boxes in pixels

NAME is the file's name without its ending (the whole name of a folder) and occurs once in both
splits together. Labels, masks and tracks are looked up by NAME for videos of either split;
a training video without labels is normal throughout. Test videos have labels either all or none;
without them nothing is evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.frame_labels import csv_rows, mask_labels, number, read_labels
from vadkit.data.annotations.intervals import Interval, interval_labels, read_intervals
from vadkit.data.annotations.tracks import Sighting, tracks_of
from vadkit.data.dataset import Split, Track, Video
from vadkit.data.datasets.common import FilesDataset, clip_name, is_video, list_videos, read_masks
from vadkit.data.video.open_video import open_video
from vadkit.dataset_cards import FOLDER
from vadkit.errors import DataError

ConfigT = TypeVar("ConfigT")
TRACKS = ["track", "kind", "frame", "x1", "y1", "x2", "y2"]


class Folder(FilesDataset[ConfigT]):
    """Videos in `train` and `test`, what is known about them beside. Made to be inherited from."""

    card = FOLDER
    labelled = False

    def holds(self, base: Path) -> bool:
        return any(list_videos(base / split, split) for split in get_args(Split))

    def videos(self, split: Split) -> list[Video]:
        names: dict[str, Path] = {}
        for video in [v for each in get_args(Split) for v in list_videos(self.base / each, each)]:
            if video.name in names:
                raise DataError(
                    f"{video.path} and {names[video.name]} are both named {video.name!r}.",
                    "Rename one of them; labels are found by name.",
                )
            names[video.name] = video.path
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
        places = (stem, _with(stem, ".mkv"), self.base / "labels" / video.name)
        found = [path for path in places if path.exists()]
        return read_masks(found[0]) if found else None

    def tracks(self, video: Video) -> list[Track] | None:
        path = self.base / "tracks" / f"{video.name}.csv"
        return _read_tracks(path) if path.is_file() else None

    def verify(self) -> list[str]:
        names = {video.name for split in get_args(Split) for video in self.videos(split)}
        files = [path for kind in ("labels", "masks", "tracks") for path in self._in(kind)]
        strangers = [path for path in files if clip_name(path) not in names]
        found = [f"{path}: there is no video of this name." for path in strangers]
        found += [
            f"{self.base / 'labels.csv'}: there is no video {name!r}."
            for name in self._intervals().keys() - names
        ]
        for split in get_args(Split):
            ignored = [path for path in self._in(split) if not is_video(path)]
            found += [f"{path}: not a video, ignored." for path in ignored]
        return found + super().verify()

    def label_files(self) -> list[Path]:
        return [self.base / name for name in ("labels", "labels.csv", "masks", "tracks")]

    def _in(self, name: str) -> list[Path]:
        folder = self.base / name
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def _intervals(self) -> dict[str, list[Interval]]:
        path = self.base / "labels.csv"
        return read_intervals(path) if path.is_file() else {}

    def _times(self, video: Video) -> NDArray[np.float64]:
        """When each frame is shown, from the stream itself, since rates vary."""
        fps = getattr(self.config, "fps", None) if video.path.is_dir() else None
        return np.array([frame.time_s for frame in open_video(video.path, fps=fps).frames()])


def _with(stem: Path, ending: str) -> Path:
    # Not `with_suffix`, which takes "lobby.2" for a name with an ending.
    return stem.with_name(stem.name + ending)


def _read_tracks(path: Path) -> list[Track]:
    rows = csv_rows(path)
    if not rows or rows[0][1] != TRACKS:
        raise DataError(f"{path} does not begin with the header `{','.join(TRACKS)}`.")
    return tracks_of(_sighting(f"{path}, row {row}", cells) for row, cells in rows[1:])


def _sighting(place: str, cells: list[str]) -> Sighting:
    values = [number(cell) for cell in cells[2:]]
    if len(cells) != len(TRACKS) or not np.isfinite(values).all() or values[0] % 1:
        raise DataError(f"{place}: not a track, a kind, a frame and four numbers.")
    track, kind = cells[:2]
    return Sighting((track, kind), int(values[0]), values[1:], kind)

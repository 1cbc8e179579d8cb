"""Boxes that somebody else found, from CSV files."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vadkit.api import DataError, Detector, Seen, Video, read_csv
from vadkit_detectors import FileConfig

OUTSIDE = 0.1
"""Share of a video's boxes that may lie outside its picture: trackers run ahead."""
DENSE = 20
"""Frames of one video alone, with a box in each but the first, where that tells something."""
COLUMNS = ["video", "frame", "x1", "y1", "x2", "y2", "confidence"]


class FileBox(NamedTuple):
    """One box and where it is written."""

    path: Path
    line: int
    """In the file, from 1; the header is line 1."""
    frame: int
    box: tuple[float, ...]


class File(Detector[FileConfig]):
    """Boxes by the video's name and frame, from 0.

    Where the splits of a data set use the same names, a file with "train" or "test" in its own
    name speaks of that split alone.
    """

    def detect(self, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        by_frame = self._boxes(video)
        frames = 0
        for seen in stream:
            scale = self._scale(seen.frame.image.shape)
            if not frames:
                _refuse_unfit(video, by_frame, scale, seen.frame.image.shape)
            boxes = [entry.box for entry in by_frame.pop(seen.frame.index, [])]
            frames += 1
            table = np.asarray(boxes, np.float32).reshape(-1, 5) * scale  # (n, 5)
            yield Seen(seen.frame, np.concatenate([seen.boxes, table]))
        for beyond, *_ in by_frame.values():
            raise DataError(
                f"{beyond.path}, row {beyond.line}: {video.name} has only {frames} frames.",
                "Frames count from 0; make sure that the boxes were found in this very video.",
            )

    def _scale(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """(5,) from a box of the file to one of frames of this shape."""
        height, width = shape[:2]
        own_width, own_height = self.config.size or (width, height)
        return np.array([width / own_width, height / own_height] * 2 + [1], np.float32)

    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for path in self._files:
            digest.update(f"{path.name}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    @cached_property
    def _files(self) -> list[Path]:
        path = self.config.path
        found = [path] if path.is_file() else sorted([*path.glob("*.csv"), *path.glob("*.csv.gz")])
        if not found:
            raise DataError(f"{path} holds no boxes.", "Name another file or folder (--boxes).")
        return found

    @cached_property
    def _tables(self) -> dict[Path, dict[str, list[FileBox]]]:
        tables = {path: _read(path) for path in self._files}
        if self.config.first is None and _seem_to_begin_at_1(tables):
            raise DataError(
                f"{self.config.path}: boxes begin in frame 1, of all videos.",
                "Where that is the first frame, count from 0 in the file, or set first = 1 in the "
                "recipe's detector; where frame 0 has no object, set first = 0.",
            )
        return tables

    def _boxes(self, video: Video) -> dict[int, list[FileBox]]:
        """The video's boxes by frame."""
        by_frame = defaultdict(list)
        for path, videos in self._tables.items():
            if _speaks_of(path, video.split):
                for box in videos.get(video.name) or videos.get(video.path.name, []):
                    by_frame[box.frame - (self.config.first or 0)].append(box)
        if not by_frame and self.config.missing == "error":
            raise DataError(
                f"{self.config.path} has no box for the {video.split} video {video.name!r}.",
                f"They name {self._known()}. Name a file of its own boxes (--boxes), or set the "
                'detector\'s missing = "none" if it shows no object.',
            )
        return by_frame

    def _known(self) -> str:
        names = sorted({name for videos in self._tables.values() for name in videos})
        return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")  # noqa: PLR2004


def _seem_to_begin_at_1(tables: Mapping[Path, Mapping[str, Sequence[FileBox]]]) -> bool:
    """Whether no video has a box in frame 0: of several, or of a long one with boxes throughout."""
    videos = [boxes for of_file in tables.values() for boxes in of_file.values()]
    frames = [{box.frame for box in boxes} for boxes in videos]
    if len(frames) == 1 and not len(frames[0]) == max(frames[0]) >= DENSE:
        return False
    return bool(frames) and all(min(numbers) == 1 for numbers in frames)


def _refuse_unfit(
    video: Video,
    boxes: Mapping[int, list[FileBox]],
    scale: NDArray[np.float32],
    shape: Sequence[int],
) -> None:
    """Refuse boxes that cannot be of this picture.

    Raises:
        DataError: All are shares of it, or more than a tenth lie outside it.
    """
    rows = np.array([entry.box for of in boxes.values() for entry in of]).reshape(-1, 5)
    table = rows[np.isfinite(rows).all(axis=1)] * scale
    height, width = shape[:2]
    counted = f"{len(table)} boxes of {video.name}, whose frames are {width}x{height}"
    if len(table) and table[:, :4].max() <= 1:
        raise DataError(
            f"The {counted}, lie between 0 and 1.",
            "Shares of a picture are read by --boxes-size 1x1.",
        )
    outside = (table[:, 0] >= width) | (table[:, 1] >= height) | (table[:, 2:4] <= 0).any(axis=1)
    if outside.sum() > OUTSIDE * len(table):
        reach = "x".join(f"{end:g}" for end in table[:, 2:4].max(axis=0))
        raise DataError(
            f"Of the {counted}, {outside.sum()} lie outside, up to {reach}.",
            "Where they were found on another size, --boxes-size WIDTHxHEIGHT scales them.",
        )


def _read(path: Path) -> dict[str, list[FileBox]]:
    """Video -> its boxes in one file."""
    videos = defaultdict(list)
    for row in read_csv(path, COLUMNS):
        box = row.floats(COLUMNS[2:], not_finite=None)  # dropped by the rules of boxes, and counted
        if box[2] < box[0] or box[3] < box[1]:
            raise row.error(
                f"the box {box[:4]} ends before it begins", "A box is x1,y1,x2,y2: two corners."
            )
        if box[4] > 1:
            raise row.error(f"confidence is {box[4]:g}", "It is a share, from 0 to 1.")
        videos[row.cells["video"]].append(FileBox(path, row.number, row.whole("frame"), tuple(box)))
    return videos


def _speaks_of(path: Path, split: str) -> bool:
    named = set(re.findall("train|test", path.name.lower()))
    return split in named or len(named) != 1

"""Boxes that somebody else found, from CSV files."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vadkit.api import DataError, Detector, Seen, Video, read_csv
from vadkit_detectors import FileConfig

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
            boxes = [entry.box for entry in by_frame.pop(seen.frame.index, [])]
            frames += 1
            table = np.asarray(boxes, np.float32).reshape(-1, 5)  # (n, 5)
            yield Seen(seen.frame, np.concatenate([seen.boxes, table]))
        for beyond, *_ in by_frame.values():
            raise DataError(
                f"{beyond.path}, row {beyond.line}: {video.name} has only {frames} frames.",
                "Frames count from 0; make sure that the boxes were found in this very video.",
            )

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
        return {path: _read(path) for path in self._files}

    def _boxes(self, video: Video) -> dict[int, list[FileBox]]:
        """The video's boxes by frame."""
        by_frame = defaultdict(list)
        for path, videos in self._tables.items():
            if _speaks_of(path, video.split):
                for box in videos.get(video.name, []):
                    by_frame[box.frame].append(box)
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


def _read(path: Path) -> dict[str, list[FileBox]]:
    """Video -> its boxes in one file."""
    videos = defaultdict(list)
    for row in read_csv(path, COLUMNS):
        box = row.floats(COLUMNS[2:], not_finite=None)  # dropped by the rules of boxes, and counted
        videos[row.cells["video"]].append(FileBox(path, row.number, row.whole("frame"), tuple(box)))
    return videos


def _speaks_of(path: Path, split: str) -> bool:
    named = set(re.findall("train|test", path.name.lower()))
    return split in named or len(named) != 1

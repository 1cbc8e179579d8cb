"""Boxes that somebody else found, from CSV files."""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from vadkit.api import DataError, Detector, Seen, Video
from vadkit_detectors import FileConfig

COLUMNS = ["video", "frame", "x1", "y1", "x2", "y2", "confidence"]


class Row(NamedTuple):
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
        rows = self._rows(video)
        frames = 0
        for seen in stream:
            found = [row.box for row in rows.pop(seen.frame.index, [])]
            frames += 1
            yield Seen(seen.frame, np.concatenate([seen.boxes, _boxes(found)]))
        for left in rows.values():
            raise _misplaced(left[0], f"{video.name} has only {frames} frames")

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
            raise DataError(f"{path} holds no boxes.", "Name a .csv or .csv.gz file or a folder.")
        return found

    @cached_property
    def _tables(self) -> dict[Path, dict[str, list[Row]]]:
        return {path: _read(path) for path in self._files}

    def _rows(self, video: Video) -> dict[int, list[Row]]:
        """The video's rows by frame."""
        rows = defaultdict(list)
        for path, videos in self._tables.items():
            if _speaks_of(path, video.split):
                for row in videos.get(video.name, []):
                    rows[row.frame].append(row)
        if not rows and self.config.missing == "error":
            raise DataError(
                f"{self.config.path} has no box for the {video.split} video {video.name!r}.",
                f'Set missing = "none" if it shows no object; the files name {self._known()}.',
            )
        return rows

    def _known(self) -> str:
        names = sorted({name for videos in self._tables.values() for name in videos})
        return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")  # noqa: PLR2004


def _read(path: Path) -> dict[str, list[Row]]:
    """Each video's rows of one file."""
    videos = defaultdict(list)
    try:
        with _opened(path) as file:
            for name, row in _parsed(path, file):
                videos[name].append(row)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise DataError(
            f"{path} cannot be read: {error}.", "Make sure that it is whole."
        ) from error
    return videos


def _parsed(path: Path, file: TextIO) -> Iterator[tuple[str, Row]]:
    table = csv.reader(file)
    header = [name.strip() for name in next(table, [])]
    if sorted(header) != sorted(COLUMNS):
        raise DataError(
            f"{path}, row 1: the columns are {', '.join(header) or 'missing'}.",
            f"They should be {', '.join(COLUMNS)}.",
        )
    for values in table:
        if values:
            yield _row(path, table.line_num, dict(zip(header, values, strict=False)))


def _row(path: Path, line: int, values: dict[str, str]) -> tuple[str, Row]:
    row = Row(path, line, -1, ())
    try:
        frame = float(values["frame"])
        row = row._replace(box=tuple(float(values[name]) for name in COLUMNS[2:]))
    except (KeyError, ValueError) as error:
        raise _misplaced(row, "a value is missing or not a number") from error
    if frame < 0 or not frame.is_integer():
        raise _misplaced(row, f"there is no frame {values['frame']}")
    return values["video"], row._replace(frame=int(frame))


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _speaks_of(path: Path, split: str) -> bool:
    named = set(re.findall("train|test", path.name.lower()))
    return split in named or len(named) != 1


def _boxes(found: list[tuple[float, ...]]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.asarray(found, np.float32).reshape(-1, 5)


def _misplaced(row: Row, why: str) -> DataError:
    return DataError(
        f"{row.path}, row {row.line}: {why}.",
        "Frames count from 0; make sure that the boxes were found in this very video.",
    )

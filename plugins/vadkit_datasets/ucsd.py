"""UCSD Ped1 and Ped2 in their official trees, with the original .tif frames or .jpg ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from vadkit.api import (
    DataError,
    ExpectedFiles,
    FileDataset,
    NoOptions,
    Split,
    Video,
    check_length,
    frame_files,
    range_labels,
    read_masks,
    read_text,
)
from vadkit_datasets.cards import PED1, PED2


class Ucsd(FileDataset[NoOptions]):
    """Walkways, grey; every test video has frame labels, some have pixel masks."""

    naming = r"(Train|Test)[0-9]+"
    folder: ClassVar[str]
    """Name of the tree, and of the file with the frame labels."""

    def candidates(self, root: Path) -> list[Path]:
        return [root, root / self.folder, root / "UCSD_Anomaly_Dataset.v1p2" / self.folder]

    def holds(self, base: Path) -> bool:
        return (base / "Train").is_dir() and self._label_file(base).parent.is_dir()

    def videos(self, split: Split) -> list[Video]:
        return self.listed(self.base / split.capitalize(), split)

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        if video.split == "train":
            return None
        path = self._label_file(self.base)
        if not path.is_file():
            raise DataError(f"{path} is missing; it holds the frame labels.")
        ranges, number = read_ucsd(path), int(video.name.removeprefix("Test"))
        if number > len(ranges):
            raise DataError(f"{path} labels {len(ranges)} videos, but not {video.name}.")
        return range_labels(f"{path}, {video.name}", ranges[number - 1], len(_frames(video)))

    def masks(self, video: Video) -> Iterator[NDArray[np.bool_]] | None:
        folder = video.path.with_name(f"{video.name}_gt")
        if not folder.is_dir():
            return None
        check_length(f"{folder} (masks)", len(_frames(video)), len(frame_files(folder)))
        return read_masks(folder)

    def label_files(self) -> list[Path]:
        return [self._label_file(self.base), *sorted((self.base / "Test").glob("Test*_gt"))]

    def _label_file(self, base: Path) -> Path:
        return base / "Test" / f"{self.folder}.m"


class Ped1(Ucsd):
    """34 training and 36 test videos of 200 frames, 238x158; masks for ten of the test videos."""

    card = PED1
    folder = "UCSDped1"
    expected = ExpectedFiles(
        counts={"train": (34, 6800), "test": (36, 7200)},
        size=(238, 158),
        unmasked=26,
    )


class Ped2(Ucsd):
    """16 training and 12 test videos, 360x240; masks for all of the test videos."""

    card = PED2
    folder = "UCSDped2"
    expected = ExpectedFiles(
        counts={"train": (16, 2550), "test": (12, 2010)},
        size=(360, 240),
        unmasked=0,
    )


def _frames(video: Video) -> list[Path]:
    return frame_files(video.path)


def read_ucsd(path: Path) -> list[list[tuple[int, int]]]:
    """Each test video's anomalous ranges of frames, from 1, both ends in, from a UCSD `.m` file.

    Raises:
        DataError: It holds no `gt_frame = [a:b, c:d]`, or a range that cannot be read.
    """
    text = re.sub(r"%.*", "", read_text(path))
    entries = re.findall(r"gt_frame\s*=\s*\[([^\]]*)\]", text)
    if not entries:
        raise DataError(f"{path} holds no `gt_frame = [first:last]`.")
    return [
        [_range(path, number, part) for part in re.split(r"[,;\s]+", entry.strip()) if part]
        for number, entry in enumerate(entries, 1)
    ]


def _range(path: Path, number: int, text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]+)(?::([0-9]+))?", text)
    if match is None:
        raise DataError(f"{path}, video {number}: {text!r} is not a range of frames.")
    return int(match[1]), int(match[2] or match[1])

"""UCF-Crime: surveillance video of crimes; the normal half is training data."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.api import (
    CsvRow,
    DataError,
    ExpectedFiles,
    FileDataset,
    NoOptions,
    Split,
    Video,
    count_frames,
    is_video,
    natural_key,
    range_labels,
    read_csv,
    read_text,
)
from vadkit_datasets.cards import UCF_CRIME

LISTS: dict[Split, str] = {"train": "Anomaly_Train.txt", "test": "Anomaly_Test.txt"}
NORMAL = "Normal"
"""Part of the name of every normal video; training takes no other."""
STRETCHES = (("first", "last"), ("first again", "last again"))
"""Columns of the annotation's stretches: first and last frame, from 1, both in; -1 for none."""


class UcfCrime(FileDataset[NoOptions]):
    """800 normal training videos, 290 test videos of which 140 show a crime; 128 hours.

    Videos are found by name wherever they lie under the root, since they are offered in many
    archives. An annotated stretch that ends after its video is cut there, and `verify` says so.
    """

    card = UCF_CRIME
    expected = ExpectedFiles(
        counts={"train": (800, None), "test": (290, None)},
        size=(320, 240),
    )

    def holds(self, base: Path) -> bool:
        return all(any(base.rglob(name)) for name in LISTS.values())

    def videos(self, split: Split) -> list[Video]:
        names = self._listed(split)
        if missing := [name for name in names if name not in self._files]:
            raise DataError(
                f"{self.base} lacks {len(missing)} of the {len(names)} {split} videos, for "
                f"example {missing[0]}.",
                f"Fetch them, or take them out of {LISTS[split]}.",
            )
        videos = [Video(Path(name).stem, self._files[name], split) for name in names]
        return sorted(videos, key=lambda video: natural_key(video.name))

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        if video.split == "train":
            return None
        frames = count_frames(video.path)
        if video.path.name not in self._ranges:
            return None
        spans = [(first, min(last, frames)) for first, last in self._ranges[video.path.name]]
        return range_labels(f"{self._annotation}, {video.path.name}", spans, frames)

    def folders(self) -> set[Path]:
        return set()  # its archives also hold what semi-supervised training leaves out

    def notes(self, video: Video, frames: int) -> list[str]:
        spans = self._ranges.get(video.path.name, []) if video.split == "test" else []
        return [
            f"{video.name}: annotated up to frame {last}, but it has {frames}; cut there."
            for _, last in spans
            if last > frames
        ]

    def label_files(self) -> list[Path]:
        return [self._annotation]

    @cached_property
    def _files(self) -> dict[str, Path]:
        """Name of each video file under the root, and where it lies."""
        paths = (path for path in self.base.rglob("*") if path.is_file() and is_video(path))
        return {path.name: path for path in paths}

    @cached_property
    def _annotation(self) -> Path:
        paths = sorted(self.base.rglob("Temporal_Anomaly_Annotation*.txt"))
        if not paths:
            raise DataError(
                f"{self.base} holds no Temporal_Anomaly_Annotation*.txt, the frame labels.",
                "Its authors offer it beside the videos.",
            )
        return paths[0]

    @cached_property
    def _ranges(self) -> dict[str, list[tuple[int, int]]]:
        columns = ("file", "class", *STRETCHES[0], *STRETCHES[1])
        rows = read_csv(self._annotation, columns, header="none", blanks=True)
        return {row.cells["file"]: _stretches(row) for row in rows}

    def _listed(self, split: Split) -> list[str]:
        """File names of the split's videos; training takes the normal ones alone."""
        lines = read_text(next(self.base.rglob(LISTS[split]))).splitlines()
        names = [Path(line.strip()).name for line in lines if line.strip()]
        return [name for name in names if split == "test" or NORMAL in name]


def _stretches(row: CsvRow) -> list[tuple[int, int]]:
    ends = [(row.whole(first, low=-1), row.whole(last, low=-1)) for first, last in STRETCHES]
    return [stretch for stretch in ends if stretch != (-1, -1)]

"""UCF-Crime: surveillance video of crimes; the normal half is training data."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.api import (
    DataError,
    ExpectedFiles,
    FileDataset,
    NoOptions,
    Split,
    Video,
    count_frames,
    is_video,
    natural_key,
    parse_number,
    range_labels,
)
from vadkit_datasets.cards import UCF_CRIME

LISTS: dict[Split, str] = {"train": "Anomaly_Train.txt", "test": "Anomaly_Test.txt"}
NORMAL = "Normal"
"""Part of the name of every normal video; training takes no other."""
COLUMNS = 6
"""Of the annotation: file, class, and twice first and last frame, from 1, both in; -1 for none."""


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
        rows = enumerate(self._annotation.read_text("utf-8-sig").splitlines(), 1)
        return dict(_ranges(self._annotation, row, line) for row, line in rows if line.strip())

    def _listed(self, split: Split) -> list[str]:
        """File names of the split's videos; training takes the normal ones alone."""
        lines = next(self.base.rglob(LISTS[split])).read_text("utf-8-sig").splitlines()
        names = [Path(line.strip()).name for line in lines if line.strip()]
        return [name for name in names if split == "test" or NORMAL in name]


def _ranges(path: Path, row: int, line: str) -> tuple[str, list[tuple[int, int]]]:
    """A video's file name and its stretches."""
    cells = line.split()
    ends = [parse_number(cell) for cell in cells[2:]]
    if len(cells) != COLUMNS or any(end != end // 1 for end in ends):
        raise DataError(f"{path}, row {row}: not `file class first last first last`.")
    whole = [int(end) for end in ends]
    return cells[0], [(a, b) for a, b in (whole[:2], whole[2:]) if (a, b) != (-1, -1)]

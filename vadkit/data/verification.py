"""Verification of a data set on disk: decodes every video and compares it with what is expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from vadkit.data.annotations.frame_labels import check_length
from vadkit.data.annotations.pixel_masks import fitting_masks
from vadkit.data.annotations.tracks import check_tracks
from vadkit.data.dataset import Dataset, Split, Video
from vadkit.data.video.open_video import decode_all, open_video
from vadkit.errors import DataError

Notes = Callable[[Video, int], list[str]]
"""What else to report of a video that was decoded to so many frames."""


@dataclass(frozen=True, kw_only=True)
class ExpectedFiles:
    """What the authors of a data set say about its files; what is not given is not compared."""

    counts: Mapping[Split, tuple[int, int | None]] = field(default_factory=dict)
    """Split -> number of videos and of frames; None where nobody says how many frames."""
    size: tuple[int, int] | None = None
    """Width and height of every frame in pixels."""
    labelled: bool = True
    """Whether every test video has labels; if False, either all have them or none."""
    unmasked: int | None = None
    """Test videos without pixel masks; None where masks are not expected."""


def verify(dataset: Dataset[Any], expected: ExpectedFiles, notes: Notes) -> list[str]:
    """One sentence for each difference between a data set's files and what is expected.

    Every video is decoded, and every label, mask and track is read.
    """
    splits: tuple[Split, ...] = get_args(Split)
    problems = [text for split in splits for text in _verify(dataset, split, expected, notes)]
    return list(dict.fromkeys(problems))  # a file that is read for several videos is named once


def _verify(
    dataset: Dataset[Any], split: Split, expected: ExpectedFiles, notes: Notes
) -> list[str]:
    try:
        videos = dataset.videos(split)
    except DataError as error:
        return [error.message]
    checks = [_VideoCheck(dataset, expected, notes, video) for video in videos]
    problems = [text for check in checks for text in check.problems()]
    problems += _compare_counts(split, checks, expected)
    if split == "test":
        problems += _unlabelled(checks, expected) + _unmasked(checks, expected)
    return problems


@dataclass
class _VideoCheck:
    """Decodes a video and holds its labels, masks and tracks against its frames."""

    dataset: Dataset[Any]
    expected: ExpectedFiles
    notes: Notes
    video: Video
    frames: int = 0
    size: tuple[int, int] = (0, 0)
    """Height and width."""
    labelled: bool = False
    masked: bool = False

    @property
    def name(self) -> str:
        return self.video.name

    def problems(self) -> Iterator[str]:
        """Look at everything, and tell what is wrong."""
        for step in (self._decode, self._labels, self._masks, self._tracks):
            try:
                yield from step()
            except DataError as error:
                yield error.message
            if not self.frames:  # nothing to hold anything against
                return

    def _decode(self) -> list[str]:
        reader = open_video(self.video.path, unrelated=self.video.unrelated)
        report = decode_all(reader)
        self.frames, self.size = report.frames, (reader.info.height, reader.info.width)
        problems = [f"{self.name}: {warning}." for warning in report.warnings]
        size, expected = (reader.info.width, reader.info.height), self.expected.size
        if expected and size != expected:
            actual, required = ("x".join(map(str, pair)) for pair in (size, expected))
            problems.insert(0, f"{self.name}: frames of {actual}, expected {required}.")
        return problems

    def _labels(self) -> list[str]:
        self.labelled = True  # if they cannot be read, the error is enough
        labels = self.dataset.labels(self.video)
        self.labelled = labels is not None
        if labels is not None:
            check_length(self.name, self.frames, len(labels))
        return self.notes(self.video, self.frames)

    def _masks(self) -> list[str]:
        self.masked = True
        masks = self.dataset.masks(self.video)
        self.masked = masks is not None
        if masks is not None:
            fitting = fitting_masks(self.name, masks, self.size)
            check_length(f"{self.name} (masks)", self.frames, sum(1 for _ in fitting))
        return []

    def _tracks(self) -> list[str]:
        tracks = self.dataset.tracks(self.video) or []
        check_tracks(self.name, tracks, self.frames, self.size)
        return []


def _unlabelled(checks: Sequence[_VideoCheck], expected: ExpectedFiles) -> list[str]:
    names = [check.name for check in checks if not check.labelled and check.frames]
    if not expected.labelled and len(names) == len(checks):
        return []
    return [f"{name}: a test video without labels." for name in names]


def _unmasked(checks: Sequence[_VideoCheck], expected: ExpectedFiles) -> list[str]:
    names = [check.name for check in checks if not check.masked and check.frames]
    if expected.unmasked is None or len(names) <= expected.unmasked:
        return []
    return [
        f"test: {len(names)} videos without pixel masks, expected {expected.unmasked} "
        f"({', '.join(names)})."
    ]


def _compare_counts(
    split: Split, checks: Sequence[_VideoCheck], expected: ExpectedFiles
) -> list[str]:
    frames = sum(check.frames for check in checks)
    clips, expected_frames = expected.counts.get(split, (len(checks), None))
    if len(checks) == clips and expected_frames in {frames, None}:
        return []
    shown = f"{clips} videos" + (f" and {expected_frames} frames" if expected_frames else "")
    return [
        f"{split}: expected {shown}, found {len(checks)} and {frames} "
        f"({', '.join(check.name for check in checks) or 'none'})."
    ]

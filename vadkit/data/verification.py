"""Verification of a data set on disk: decodes every video and compares it with what is expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from vadkit.data.annotations.frame_labels import check_length
from vadkit.data.annotations.tracks import check_tracks
from vadkit.data.dataset import Dataset, Split, Video
from vadkit.data.video.frame import VideoReader
from vadkit.data.video.open_video import open_video
from vadkit.data.video_files import decode_all
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


@dataclass
class _Contents:
    """What one video turned out to have."""

    name: str
    frames: int = 0
    labelled: bool = False
    masked: bool = False


def verify(dataset: Dataset[Any], expected: ExpectedFiles, notes: Notes) -> list[str]:
    """One sentence for each difference between a data set's files and what is expected.

    Args:
        dataset: The data set; every video is decoded, every label, mask and track is read.
        expected: What its authors say about it.
        notes: What else to report of a video, from its number of frames.
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
    check = _VideoCheck(dataset, expected, notes)
    contents = [check.run(video) for video in videos]
    frames = sum(video.frames for video in contents)
    problems = check.problems + _compare_counts(split, videos, frames, expected)
    if split == "test":
        problems += _unlabelled(contents, expected) + _unmasked(contents, expected)
    return problems


class _VideoCheck:
    """Checks videos one by one, and collects their problems."""

    def __init__(self, dataset: Dataset[Any], expected: ExpectedFiles, notes: Notes) -> None:
        self._dataset = dataset
        self._expected = expected
        self._notes = notes
        self.problems: list[str] = []

    def run(self, video: Video) -> _Contents:
        """Decode a video, and hold its labels, masks and tracks against its frames."""
        contents = _Contents(video.name)
        for step in (self._frames, self._labels, self._masks, self._tracks):
            try:
                self.problems += step(video, contents)
            except DataError as error:
                self.problems.append(error.message)
            if not contents.frames:  # nothing to hold anything against
                break
        return contents

    def _frames(self, video: Video, contents: _Contents) -> list[str]:
        reader = open_video(video.path)
        report = decode_all(reader)
        contents.frames = report.frames
        warnings = [f"{video.name}: {warning}." for warning in report.warnings]
        return self._size(video, reader) + warnings

    def _size(self, video: Video, reader: VideoReader) -> list[str]:
        size, expected = (reader.info.width, reader.info.height), self._expected.size
        if expected is None or size == expected:
            return []
        actual, required = ("x".join(map(str, pair)) for pair in (size, expected))
        return [f"{video.name}: frames of {actual}, expected {required}."]

    def _labels(self, video: Video, contents: _Contents) -> list[str]:
        contents.labelled = True  # if they cannot be read, the error is enough
        labels = self._dataset.labels(video)
        contents.labelled = labels is not None
        if labels is not None:
            check_length(video.name, contents.frames, len(labels))
        return self._notes(video, contents.frames)

    def _masks(self, video: Video, contents: _Contents) -> list[str]:
        contents.masked = True
        masks = self._dataset.masks(video)
        contents.masked = masks is not None
        if masks is not None:
            check_length(f"{video.name} (masks)", contents.frames, sum(1 for _ in masks))
        return []

    def _tracks(self, video: Video, contents: _Contents) -> list[str]:
        check_tracks(video.name, self._dataset.tracks(video) or [], contents.frames)
        return []


def _unlabelled(contents: list[_Contents], expected: ExpectedFiles) -> list[str]:
    names = [video.name for video in contents if not video.labelled and video.frames]
    if not expected.labelled and len(names) == len(contents):
        return []
    return [f"{name}: a test video without labels." for name in names]


def _unmasked(contents: list[_Contents], expected: ExpectedFiles) -> list[str]:
    names = [video.name for video in contents if not video.masked and video.frames]
    if expected.unmasked is None or len(names) <= expected.unmasked:
        return []
    return [
        f"test: {len(names)} videos without pixel masks, expected {expected.unmasked} "
        f"({', '.join(names)})."
    ]


def _compare_counts(
    split: Split, videos: list[Video], frames: int, expected: ExpectedFiles
) -> list[str]:
    clips, expected_frames = expected.counts.get(split, (len(videos), None))
    if len(videos) == clips and expected_frames in {frames, None}:
        return []
    shown = f"{clips} videos" + (f" and {expected_frames} frames" if expected_frames else "")
    return [
        f"{split}: expected {shown}, found {len(videos)} and {frames} "
        f"({', '.join(video.name for video in videos) or 'none'})."
    ]

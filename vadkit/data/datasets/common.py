"""What data sets on disk have in common: finding the root, listing, checking, fingerprint."""

from __future__ import annotations

import hashlib
import os
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.frame_labels import check_length
from vadkit.data.annotations.tracks import check_tracks
from vadkit.data.dataset import Dataset, Split, Video
from vadkit.data.video.frame import DecodeReport, VideoReader, natural_key
from vadkit.data.video.open_video import open_video
from vadkit.errors import DataError
from vadkit.registry.cards import DatasetCard

ConfigT = TypeVar("ConfigT")
Official = dict[Split, tuple[int, int | None]]
"""Split -> videos and frames; None where nobody says how many frames."""
VIDEOS = (".mp4", ".m4v", ".mov", ".3gp", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts",
          ".wmv", ".asf", ".flv", ".gif")  # fmt: skip
SAMPLE = 64 * 1024
"""Bytes of a file's head and of its tail that its fingerprint reads."""


class FilesDataset(Dataset[ConfigT]):
    """A data set under a root folder; a child says what its files are."""

    card: ClassVar[DatasetCard]
    official: ClassVar[Official] = {}
    """Videos and frames of each split as its authors give them."""
    size: ClassVar[tuple[int, int] | None] = None
    """Width and height of every frame."""
    labelled: ClassVar[bool] = True
    """Whether every test video has labels; if False, none may have any."""
    unmasked: ClassVar[int | None] = None
    """Test videos that the authors give no pixel masks of; None where masks are not expected."""

    def __init__(self, root: Path | None, config: ConfigT) -> None:
        super().__init__(root, config)
        found = [base for base in self.candidates(root) if self.holds(base)] if root else []
        if not found:
            raise missing(self.card, root)
        self.base = found[0]

    def candidates(self, root: Path) -> list[Path]:
        """Where under the given root the tree may begin."""
        return [root]

    @abstractmethod
    def holds(self, base: Path) -> bool:
        """Whether the tree begins here."""

    @abstractmethod
    def label_files(self) -> list[Path]:
        """Every file and folder that labels, masks or tracks are read from."""

    def verify(self) -> list[str]:
        found = [problem for split in get_args(Split) for problem in self._verify(split)]
        return list(dict.fromkeys(found))  # a file that is read for every video is told of once

    def remarks(self, video: Video, frames: int) -> list[str]:
        """What else to say of a video that was decoded to so many frames."""
        return []

    def fingerprint(self) -> str:
        entries = [video.path for split in get_args(Split) for video in self.videos(split)]
        digest = hashlib.sha256()
        for path in sorted(set(_files([*entries, *self.label_files()]))):
            # Relative to the tree, which may be moved and renamed, and the same on every system.
            name = Path(os.path.relpath(path, self.base)).as_posix()
            digest.update(f"{name}\0{path.stat().st_size}\0".encode("utf-8", "surrogateescape"))
            digest.update(_sample(path))
        return digest.hexdigest()

    def _verify(self, split: Split) -> list[str]:
        problems: list[str] = []
        try:
            videos = self.videos(split)
        except DataError as error:
            return [error.message]
        checks = [self._check(video, problems) for video in videos]
        problems += self._compare(split, videos, sum(check.frames for check in checks))
        return problems + (self._bare(checks) if split == "test" else [])

    def _check(self, video: Video, problems: list[str]) -> _Check:
        """Decode a video and hold it against what is known of it; add what is wrong."""
        check = _Check(video.name)
        steps = (self._check_frames, self._check_labels, self._check_masks, self._check_tracks)
        for step in steps:
            try:
                problems += step(video, check)
            except DataError as error:
                problems.append(error.message)
            if not check.frames:  # nothing to hold anything against
                break
        return check

    def _check_frames(self, video: Video, check: _Check) -> list[str]:
        reader = open_video(video.path)
        report = _decoded(reader)
        check.frames = report.frames
        told = [f"{video.name}: {warning}." for warning in report.warnings]
        return self._check_size(video, reader) + told

    def _check_labels(self, video: Video, check: _Check) -> list[str]:
        check.labelled = True  # if they cannot be read, that is told already
        labels = self.labels(video)
        check.labelled = labels is not None
        if labels is not None:
            check_length(video.name, check.frames, len(labels))
        return self.remarks(video, check.frames)

    def _check_masks(self, video: Video, check: _Check) -> list[str]:
        check.masked = True
        masks = self.masks(video)
        check.masked = masks is not None
        if masks is not None:
            check_length(f"{video.name} (masks)", check.frames, sum(1 for _ in masks))
        return []

    def _check_tracks(self, video: Video, check: _Check) -> list[str]:
        check_tracks(video.name, self.tracks(video) or [], check.frames)
        return []

    def _bare(self, checks: list[_Check]) -> list[str]:
        """Test videos that lack labels or masks."""
        bare = [check.name for check in checks if not check.labelled and check.frames]
        wanted = self.labelled or len(bare) < len(checks)
        problems = [f"{name}: a test video without labels." for name in bare if wanted]
        unmasked = [check.name for check in checks if not check.masked and check.frames]
        if self.unmasked is not None and len(unmasked) > self.unmasked:
            problems.append(
                f"test: {len(unmasked)} videos without pixel masks, expected {self.unmasked} "
                f"({', '.join(unmasked)})."
            )
        return problems

    def _check_size(self, video: Video, reader: VideoReader) -> list[str]:
        found = (reader.info.width, reader.info.height)
        if self.size is None or found == self.size:
            return []
        expected = "x".join(map(str, self.size))
        return [f"{video.name}: frames of {found[0]}x{found[1]}, expected {expected}."]

    def _compare(self, split: Split, videos: list[Video], frames: int) -> list[str]:
        clips, wanted = self.official.get(split, (len(videos), None))
        if len(videos) == clips and wanted in {frames, None}:
            return []
        expected = f"{clips} videos" + (f" and {wanted} frames" if wanted else "")
        return [
            f"{split}: expected {expected}, found {len(videos)} and {frames} "
            f"({', '.join(video.name for video in videos) or 'none'})."
        ]


@dataclass
class _Check:
    """What was found of a video."""

    name: str
    frames: int = 0
    labelled: bool = False
    masked: bool = False


def missing(card: DatasetCard, root: Path | None) -> DataError:
    """The error for a root that does not hold the data set: tree, terms and source."""
    where = "No folder was given for it" if root is None else f"{root} does not hold it"
    if root is not None and not root.exists():
        where = f"{root} does not exist"
    source = f"\nIts authors offer it at {card.url}" if card.url else ""
    return DataError(
        f"The data set {card.name!r} is missing: {where}.",
        f"Expected:\n{card.layout}\nTerms: {card.terms}.{source}",
    )


def list_videos(folder: Path, split: Split, prefix: str = "") -> list[Video]:
    """The folder's video files and frame folders in natural order, named by their stems."""
    paths = sorted((path for path in _entries(folder) if is_video(path)), key=_natural)
    return [Video(prefix + clip_name(path), path, split) for path in paths]


def clip_name(path: Path) -> str:
    """A file's name without its ending; the whole name of a folder."""
    return path.name if path.is_dir() else path.stem


def is_video(path: Path) -> bool:
    """Whether a name stands for a video: a folder, or a file with a video's ending."""
    return path.is_dir() or path.suffix.lower() in VIDEOS


def read_masks(path: Path) -> Iterator[NDArray[np.bool_]]:
    """Each frame's (H, W) mask from a folder of images (not 0) or a grey video (above 127).

    Raises:
        DataError: One of them cannot be decoded.
    """
    # A lossless file keeps 0 and 255; an object's number in an image may be as low as 1.
    above = 0 if path.is_dir() else 127
    for frame in open_video(path, strict=True).frames():
        yield np.asarray((frame.image > above).any(axis=2))


def count_frames(path: Path) -> int:
    """Frames as the container says, or counted where it does not."""
    reader = open_video(path)
    return reader.info.frames or _decoded(reader).frames


def _decoded(reader: VideoReader) -> DecodeReport:
    for _ in reader.frames():
        pass
    return reader.report


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def _natural(path: Path) -> tuple[tuple[int, int | str], ...]:
    return natural_key(path.name)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (file for file in path.rglob("*") if file.is_file())
        elif path.exists():
            yield path


def _sample(path: Path) -> bytes:
    """The whole of a small file; head and tail of a large one."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
        if path.stat().st_size > SAMPLE:
            file.seek(-min(SAMPLE, path.stat().st_size - SAMPLE), 2)
        return head + file.read(SAMPLE)

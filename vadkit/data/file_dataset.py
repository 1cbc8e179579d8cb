"""The base class of data sets on disk: finds the tree, verifies and fingerprints its files."""

from __future__ import annotations

import hashlib
import os
import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, TypeVar, get_args

from vadkit.data.dataset import Dataset, Split, Video
from vadkit.data.verification import ExpectedFiles, verify
from vadkit.data.video.open_video import clip_name, entries, list_videos
from vadkit.errors import DataError
from vadkit.registry.cards import DatasetCard
from vadkit.utils.hashing import content_hash

ConfigT = TypeVar("ConfigT")
LIKE_LABELS = "label|mask|track|annot|truth|(?<![a-z])gt(?![a-z])"
"""Names of what may be meant to be labels, beside the folders of videos."""
MOST_NAMED = 3
"""Files of a folder that are named, of those that are not read."""


class FileDataset(Dataset[ConfigT]):
    """A data set in files under a root folder.

    A subclass names its card, says where the tree begins, and lists its videos and label files.

    Args:
        root: The folder that the user bound.
        config: The options, an instance of the card's config class.

    Raises:
        DataError: The root does not hold the data set; the message shows the card's layout.
    """

    card: ClassVar[DatasetCard]
    expected: ClassVar[ExpectedFiles] = ExpectedFiles()
    """What `verify` compares the files with."""
    naming: ClassVar[str] = ".*"
    """Pattern of the names that its authors gave videos, for `listed`."""

    def __init__(self, root: Path | None, config: ConfigT) -> None:
        super().__init__(root, config)
        bases = [base for base in self.candidates(root) if self.holds(base)] if root else []
        if not bases:
            raise missing(self.card, root)
        self.base = bases[0]

    def candidates(self, root: Path) -> list[Path]:
        """Folders in which the tree may begin, by preference."""
        return [root]

    @abstractmethod
    def holds(self, base: Path) -> bool:
        """Whether the tree begins in this folder."""

    @abstractmethod
    def label_files(self) -> list[Path]:
        """Every file and folder that labels, masks or tracks are read from, if it exists."""

    def listed(self, folder: Path, split: Split, prefix: str = "") -> list[Video]:
        """The videos in a folder, as `list_videos` has them, whose names are as the authors'."""
        videos = list_videos(folder, split, prefix)
        return [of for of in videos if re.fullmatch(self.naming, clip_name(of.path))]

    def left_out(self) -> list[str]:
        """What lies beside videos and is none."""
        read = {*self._videos(), *self.label_files()}
        beside = {self.base, *(of.parent for of in self.folders())} - self.folders()
        return [*left_out(self.folders(), read), *left_out(beside, read, LIKE_LABELS)]

    def folders(self) -> set[Path]:
        """Where videos lie, and nothing else should."""
        return {path.parent for path in self._videos()}

    def _videos(self) -> list[Path]:
        return [video.path for split in get_args(Split) for video in self.videos(split)]

    def notes(self, video: Video, frames: int) -> list[str]:
        """What else `verify` reports of a video that was decoded to so many frames."""
        return []

    def verify(self) -> list[str]:
        return verify(self, self.expected, self.notes)

    def fingerprint(self) -> str:
        return fingerprint_files(self.base, [*self._videos(), *self.label_files()])


def fingerprint_files(base: Path, paths: Iterable[Path]) -> str:
    """A hash of files' names and content.

    Args:
        base: Names are taken relative to this folder, so that it may be moved and renamed.
        paths: Files, and folders with all that is in them; those that do not exist are left out.
    """
    digest = hashlib.sha256()
    for path in sorted(set(_files(paths))):
        name = Path(os.path.relpath(path, base)).as_posix()  # the same on every system
        digest.update(f"{name}\0{content_hash(path)}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


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


def left_out(folders: Iterable[Path], read: set[Path], like: str = "") -> Iterator[str]:
    """A sentence for each folder that holds what is not read, of names like a pattern."""
    for folder in sorted(folders):
        named = [path for path in entries(folder) if re.search(like, path.name.lower())]
        if others := [path for path in named if not _has(path, read)]:
            yield _not_read(folder, others)


def _has(path: Path, read: set[Path]) -> bool:
    """Whether a file or folder is read, or something in it."""
    return path in read or (path.is_dir() and any(path in of.parents for of in read))


def _not_read(folder: Path, paths: Sequence[Path]) -> str:
    shown = ", ".join(path.name for path in paths[:MOST_NAMED])
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return f"{folder} also holds {shown}{more}, which is not read."


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from _files(entries(path))
        elif path.exists():
            yield path

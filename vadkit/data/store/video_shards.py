"""A store in the making: a part for each video, cut by whoever comes to the video first.

A part appears whole or not at all, so that what was killed goes on with the videos that are left,
and processes of many machines can cut side by side.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from vadkit.data.crops import Cut, Cutting
from vadkit.data.store.disk_space import enough_room
from vadkit.data.store.shard_files import (
    Stored,
    join,
    read_part,
    read_store,
    write_part,
    write_tables,
)
from vadkit.data.store.shared_work import in_turn
from vadkit.errors import ResourceError

Told = Callable[[str, int, int], None]
"""Told of progress: what is made, how many are done, how many there are."""


@dataclass(frozen=True)
class Source:
    """Videos, and how units are cut from them."""

    what: str
    """What is cut, for the user's eyes: "objects of target train"."""
    videos: tuple[str, ...]
    """Names, in order."""
    cuts: Callable[[int, Cutting, Counter[str]], Iterable[Cut]]
    """Cuts a video, by its number; counts what it sees and drops."""


class Parts:
    """The parts of a store, and the store that is made of them.

    Args:
        folder: The store's.
        cutting: What is cut.
        source: From which videos.
    """

    def __init__(self, folder: Path, cutting: Cutting, source: Source) -> None:
        self.folder, self.cutting, self.source = folder, cutting, source
        self._numbers = range(len(source.videos))
        self._joined = folder / "joined"

    def missing(self) -> list[int]:
        """The numbers of the videos whose part is missing or not whole."""
        return [] if self._read() else [number for number in self._numbers if self._lacks(number)]

    def make(self, number: int) -> None:
        """Make a video's part where it is missing; waits for who is making it.

        Raises:
            DataError: The video or its boxes cannot be used.
            ResourceError: The disk is full.
        """
        self._begin()
        with FileLock(self._lock(number)):
            self._cut(number)

    def open(self, told: Told) -> Stored:
        """Read the store, making first what is missing of it; raises as `make` does."""
        stored = self._read()
        if stored is None:
            self._make_missing(told)
            self._join()
            stored = self._read()
        if stored is None:
            raise ResourceError(f"The store {self.folder} cannot be read back.", "Check the disk.")
        return stored

    def _make_missing(self, told: Told) -> None:
        self._begin()
        if missing := self.missing():
            what, count = self.source.what, len(self._numbers)
            in_turn(missing, self._lock, self._cut, lambda left: told(what, count - left, count))

    def _begin(self) -> None:
        with enough_room(self.folder.parent):
            for name in ("parts", "locks"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)

    def _cut(self, number: int) -> None:
        if self._lacks(number):
            name, counts = self.source.videos[number], Counter[str]()
            with self._appearing(self._part(number)) as unfinished:
                cuts = self.source.cuts(number, self.cutting, counts)
                write_part(unfinished, name, cuts, self.cutting, counts)

    def _join(self) -> None:
        with FileLock(self.folder / "lock"):
            found = [read_part(self._part(of), self.source.videos[of]) for of in self._numbers]
            parts = [part for part in found if part]
            if len(parts) == len(found) and self._read() is None:
                with self._appearing(self._joined) as unfinished:
                    write_tables(unfinished, join(parts))

    @contextmanager
    def _appearing(self, folder: Path) -> Iterator[Path]:
        """Lend a folder, and rename it if the block succeeds; whoever comes here holds a lock."""
        unfinished = folder.with_suffix(".tmp")
        with enough_room(self.folder.parent):
            for leftover in (unfinished, folder):
                shutil.rmtree(leftover, ignore_errors=True)
            try:
                unfinished.mkdir(parents=True)
                yield unfinished
                unfinished.rename(folder)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise

    def _read(self) -> Stored | None:
        return read_store(self._joined, [self._part(number) for number in self._numbers])

    def _lacks(self, number: int) -> bool:
        return read_part(self._part(number), self.source.videos[number]) is None

    def _part(self, number: int) -> Path:
        """By number: names of videos may differ in what a file system does not tell apart."""
        return self.folder / "parts" / f"{number:05}"

    def _lock(self, number: int) -> Path:
        return self.folder / "locks" / f"{number:05}"

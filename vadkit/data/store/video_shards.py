"""The shards of one video: each appears whole or not at all, made by who locks the video first.

So what was killed goes on with the videos that are left, and processes of many machines can work
side by side.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from vadkit.data.store.disk_space import enough_room
from vadkit.data.store.shard_files import Shard, ShardWriter, read_shard
from vadkit.errors import ResourceError

REVISION = 3
"""Raised when a shard of the same name would hold something else, or be written in other files."""


class VideoShards:
    """The folder of one video, with a folder for each of its shards.

    Args:
        folder: The video's; made when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._shards: dict[str, Shard] = {}

    @property
    def lock(self) -> Path:
        """Held by who writes."""
        return self.folder / "lock"

    def make_folder(self) -> None:
        """Make the folder, so that it can be locked.

        Raises:
            ResourceError: The disk is full.
        """
        with enough_room(self.folder.parent):
            self.folder.mkdir(parents=True, exist_ok=True)

    def holds(self, key: str) -> bool:
        """Whether a shard is there, and whole."""
        return key in self._shards or self._look(key)

    def shard(self, key: str) -> Shard:
        """A shard that is there.

        Raises:
            ResourceError: It cannot be read.
        """
        if not self.holds(key):
            raise ResourceError(f"{self.folder / key} cannot be read back.", "Check the disk.")
        return self._shards[key]

    @contextmanager
    def writing(self, key: str) -> Iterator[ShardWriter]:
        """Write a shard, which is there if the block succeeds; the lock is held.

        Raises:
            ResourceError: The disk is full.
        """
        folder = self.folder / key
        unfinished = folder.with_suffix(".tmp")
        with enough_room(self.folder.parent):
            for leftover in (unfinished, folder):
                shutil.rmtree(leftover, ignore_errors=True)
            try:
                unfinished.mkdir(parents=True)
                with closing(ShardWriter(unfinished)) as writer:
                    yield writer
                unfinished.rename(folder)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise

    def _look(self, key: str) -> bool:
        shard = read_shard(self.folder / key)
        if shard is not None:
            self._shards[key] = shard
        return shard is not None

"""The base class of synthetic data sets: rendered into the cache on first use, then read."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from vadkit.data.folder_dataset import FolderDataset
from vadkit.runs.atomic import atomic_folder, sweep
from vadkit.utils.cache_dir import cache_home

ConfigT = TypeVar("ConfigT")


class RenderedDataset(FolderDataset[ConfigT]):
    """A synthetic data set in the layout of `FolderDataset`; a subclass draws its files.

    Its card says `rendered=True`, so that `vadkit data render NAME DIR` writes it anywhere.

    Args:
        root: A folder that `render` wrote earlier; None for the cache, which is filled if empty.
        config: The options, an instance of the card's config class.

    Raises:
        DataError: It cannot be drawn, or the root does not hold it.
        ResourceError: The disk is full.
    """

    def __init__(self, root: Path | None, config: ConfigT) -> None:
        super().__init__(root or self._cached(config), config)

    @classmethod
    @abstractmethod
    def version(cls, config: ConfigT) -> str:
        """A folder name that changes with every option and version that changes a file."""

    @classmethod
    @abstractmethod
    def draw(cls, folder: Path, config: ConfigT) -> None:
        """Write all files into an empty folder; an error leaves nothing behind."""

    @classmethod
    def disk_space(cls, config: ConfigT) -> int:
        """Bytes that the files take at most; 0 where that is unknown."""
        return 0

    @classmethod
    def render(cls, folder: Path, config: ConfigT) -> None:
        with atomic_folder(
            folder, f"the data set {cls.card.name!r}", cls.disk_space(config)
        ) as temporary:
            cls.draw(temporary, config)

    @classmethod
    def _cached(cls, config: ConfigT) -> Path:
        """The data set's folder in the cache, rendered if it is not there yet."""
        base, version = cache_home() / cls.card.name, cls.version(config)
        root = base / version
        if not root.is_dir():
            base.mkdir(parents=True, exist_ok=True)
            # A process that waited for another one finds the folder complete.
            with FileLock(base / f"{version}.lock"):
                if not root.is_dir():
                    sweep(base)
                    cls.render(root, config)
        return root

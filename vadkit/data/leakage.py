"""A clip that is trained on and tested with would make every figure worthless."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vadkit.data.dataset import Video
from vadkit.errors import DataError
from vadkit.utils.hashing import content_hash, hash_of


def refuse_leaks(train: Iterable[Video], test: Iterable[Video]) -> None:
    """Compare videos that are trained on and videos that are tested with by what is in them.

    Folders are compared by the lengths of all frames and by the first, the middle and the last.

    Raises:
        DataError: A video is in both.
    """
    tested = list(test)
    sizes = {_sizes(video.path) for video in tested}  # cheap, and few others share them
    trained = {_content(video.path): video for video in train if _sizes(video.path) in sizes}
    for video in tested:
        if same := trained.get(_content(video.path)):
            raise DataError(
                f"{video.path} is tested with, and trained on as {same.path}.",
                "Take it out of one of both; nothing can be learned from such a figure.",
            )


def _content(path: Path) -> str:
    parts = _parts(path)
    shown = (*parts[:1], *parts[len(parts) // 2 :][:1], *parts[-1:])
    return hash_of([_sizes(path), *map(content_hash, shown)])


def _sizes(path: Path) -> tuple[int, ...]:
    return tuple(part.stat().st_size for part in _parts(path))


def _parts(path: Path) -> list[Path]:
    """The file, or the folder's files without hidden ones, which systems leave behind."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.is_file() and file.name[0] != ".")

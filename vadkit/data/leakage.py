"""A clip that is trained on and tested with would make every figure worthless."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from vadkit.data.dataset import Video
from vadkit.errors import DataError

SAMPLE = 64 * 1024
"""Bytes of a file's head, and of its tail, that are compared."""


def refuse_leaks(train: Iterable[Video], test: Iterable[Video]) -> None:
    """Compare the videos of both splits by what is in them, not by name.

    Files are compared by length, head and tail; folders by the lengths of all frames and by the
    first, the middle and the last of them.

    Raises:
        DataError: A video is in both.
    """
    trained = {_content(video.path): video for video in train}
    for video in test:
        if same := trained.get(_content(video.path)):
            raise DataError(
                f"{video.path} is tested with, and trained on as {same.path}.",
                "Take it out of one of both; nothing can be learned from such a figure.",
            )


def _content(path: Path) -> str:
    digest = hashlib.sha256()
    parts = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    digest.update(repr([part.stat().st_size for part in parts]).encode())
    for part in (*parts[:1], *parts[len(parts) // 2 :][:1], *parts[-1:]):
        digest.update(_ends(part))
    return digest.hexdigest()


def _ends(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(SAMPLE)
        file.seek(-min(SAMPLE, path.stat().st_size), 2)
        return head + file.read(SAMPLE)

"""Work that several processes share: each piece is done by whoever comes to it first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

KeyT = TypeVar("KeyT")


def in_turn(
    pieces: Iterable[KeyT], lock: Callable[[KeyT], Path], do: Callable[[KeyT], None]
) -> None:
    """Do each piece while its lock is held; those that another process holds come last.

    Args:
        pieces: What is to be done.
        lock: The lock file of a piece.
        do: Does one, unless it finds it done by another process.
    """
    busy = [piece for piece in pieces if not _done(lock(piece), do, piece)]
    for piece in busy:
        with FileLock(lock(piece)):
            do(piece)


def _done(lock: Path, do: Callable[[KeyT], None], piece: KeyT) -> bool:
    """Whether the piece could be done at once."""
    try:
        with FileLock(lock, timeout=0):
            do(piece)
    except Timeout:
        return False
    return True

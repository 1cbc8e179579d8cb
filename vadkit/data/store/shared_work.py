"""Work that several processes share: each piece is done by the process that locks it first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

Told = Callable[[str, int, int], None]
"""Told of progress: what is prepared, how many videos are done, how many there are."""

_PATIENCE_S = 1.0
"""How long a piece that another process holds is waited for before the next is tried."""


def in_turn(
    locks: Mapping[int, Path], do: Callable[[int], None], tell: Callable[[int], None]
) -> None:
    """Do each piece while its lock is held; those that other processes hold come last.

    Args:
        locks: The pieces to be done -> their lock files.
        do: Does a piece, unless it finds it done by another process.
        tell: Told before each piece, again and again while waiting, and at last, how many are left.
    """
    waiting, patience_s = list(locks), 0.0
    while waiting:
        for piece in tuple(waiting):
            tell(len(waiting))
            with suppress(Timeout), FileLock(locks[piece], timeout=patience_s):
                do(piece)
                waiting.remove(piece)
        patience_s = _PATIENCE_S
    tell(0)

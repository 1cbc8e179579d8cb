"""Data sets that are drawn: kept in the cache, and drawn when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from vadkit.runs.atomic import sweep
from vadkit.utils.cache_dir import cache_home


def in_cache(name: str, draw: str, write: Callable[[Path], None]) -> Path:
    """The folder of a drawn data set in the cache, written if it is not there yet.

    Args:
        name: The data set's.
        draw: Which draw of it, and which version.
        write: Makes the folder, whole or not at all.

    Raises:
        DataError: It could not be drawn.
        ResourceError: The disk is full.
    """
    base = cache_home() / name
    root = base / draw
    if not root.is_dir():
        base.mkdir(parents=True, exist_ok=True)
        # Whoever comes second waits, and finds it done.
        with FileLock(base / f"{draw}.lock"):
            if not root.is_dir():
                sweep(base)
                write(root)
    return root

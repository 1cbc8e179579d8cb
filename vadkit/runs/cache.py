"""The phase cache: what phases came to, under the hash of all that decides it.

Shared by runs and sweeps. An entry is a bundle: with a file cut off or a byte changed it does not
exist, and the phase is trained again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from torch import Tensor

from vadkit.errors import DataError, RecipeError
from vadkit.runs.atomic import read_json, sweep
from vadkit.runs.bundle import WEIGHTS, Bundle, read_bundle, write_bundle
from vadkit.utils.cache_dir import cache_home

LIMIT_GB = 20.0
"""What the cache may take, unless `VADKIT_CACHE_GB` says otherwise."""
_LIMIT = "VADKIT_CACHE_GB"
_POLL_S = 0.5


@dataclass(frozen=True)
class CacheEntry:
    """What the cache holds of one phase, or of one evaluation."""

    key: str
    what: str
    """The phases up to it, or what was evaluated."""
    size: int
    """Bytes."""
    used: datetime
    """When it was last made use of."""


class PhaseCache:
    """Entries under `VADKIT_HOME`; the one unused for longest goes first when there are too many.

    Args:
        home: Folder of the caches; `VADKIT_HOME` or the platform's where not given.
        limit: Bytes that all entries may take; `VADKIT_CACHE_GB` where not given.
    """

    def __init__(self, home: Path | None = None, limit: int | None = None) -> None:
        self.root = cache_home(home) / "phases"
        self.limit = _limit_of_environment() if limit is None else limit

    def get(self, key: str) -> Bundle | None:
        """The entry of a key; None where there is none, or not a whole one."""
        folder = self.root / key
        if not folder.is_dir():
            return None
        try:
            entry = read_bundle(folder)
        except DataError:
            shutil.rmtree(folder, ignore_errors=True)
            return None
        with suppress(OSError):
            os.utime(folder)
        return entry

    def put(
        self, key: str, weights: Mapping[str, Tensor], state: Mapping[str, Any], what: str
    ) -> None:
        """Write an entry, and drop others if there are too many then.

        Weights are as `unique_state` gives them, none for an evaluation; state is of JSON values;
        `entries` calls it `what`.

        Raises:
            ResourceError: The disk is full.
        """
        tensors, named = {WEIGHTS: weights}, {**state, "what": what}
        write_bundle(self.root / key, tensors, named, f"{what} (cache)")
        total = 0
        for entry in self.entries():  # the newest stays, whatever its size
            total += entry.size
            if total > self.limit and entry.key != key:
                shutil.rmtree(self.root / entry.key, ignore_errors=True)

    @contextmanager
    def claimed(self, key: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold a key while the block runs: who needs the same phase waits, and then finds it.

        `waiting` is called every half second while another process holds the key.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / f"{key}.lock")
        while not lock.is_locked:
            try:
                lock.acquire(timeout=_POLL_S)
            except Timeout:
                waiting()
        try:
            yield
        finally:
            lock.release()

    def entries(self) -> list[CacheEntry]:
        """Everything in the cache, what was used last first."""
        entries = []
        for folder in self._folders():
            size = used = 0.0
            with suppress(OSError):  # another process may drop it in this moment
                size = sum(path.stat().st_size for path in folder.iterdir())
                used = folder.stat().st_mtime
            what = str((read_json(folder / "state.json") or {}).get("what", "not whole"))
            time = datetime.fromtimestamp(used).astimezone()
            entries.append(CacheEntry(folder.name, what, int(size), time))
        return sorted(entries, key=lambda entry: entry.used, reverse=True)

    def clear(self) -> int:
        """Remove every entry; returns how many there were."""
        folders = self._folders()
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        if self.root.is_dir():
            sweep(self.root)
        return len(folders)

    def _folders(self) -> list[Path]:
        paths = self.root.iterdir() if self.root.is_dir() else ()
        return [path for path in paths if path.is_dir() and not path.name.startswith(".")]


def _limit_of_environment() -> int:
    text = os.environ.get(_LIMIT, "") or str(LIMIT_GB)
    try:
        return int(float(text) * 1e9)
    except (ValueError, OverflowError):
        raise RecipeError(
            f"{_LIMIT} is {text!r}, not a number of gigabytes.", f"For example {_LIMIT}=20."
        ) from None

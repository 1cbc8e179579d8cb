"""One process a run folder: a lock that dies with its owner, and a word on who that is."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from vadkit.errors import RunBusyError
from vadkit.runs.atomic import alive, read_json, write_json

_OWNER = ".owner.json"
_ORPHANS_S = 10.0
"""A killed owner's data workers hold its lock on until they notice, a few seconds later."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run folder while the block runs.

    The lock is the system's own, so that a dead owner's is free. The owner is a file beside it,
    because some systems empty a lock file when it is opened.

    Raises:
        RunBusyError: Another process holds the folder.
    """
    lock, owner_file = _acquire(folder), folder / _OWNER
    start = datetime.now().astimezone().isoformat(timespec="seconds")
    try:
        write_json(owner_file, {"pid": os.getpid(), "host": socket.gethostname(), "start": start})
        yield
    finally:
        with suppress(OSError):
            owner_file.unlink(missing_ok=True)
        lock.release()


def refuse_if_held(folder: Path) -> None:
    """Raise if another process holds the folder.

    Raises:
        RunBusyError: It does.
    """
    _acquire(folder).release()


def _acquire(folder: Path) -> FileLock:
    lock = FileLock(folder / ".lock")
    owner = read_json(folder / _OWNER) or {}
    here = owner.get("host") == socket.gethostname() and isinstance(owner.get("pid"), int)
    is_dead = here and not alive(owner["pid"])
    try:
        lock.acquire(timeout=_ORPHANS_S if is_dead else 0)
    except Timeout:
        owner = read_json(folder / _OWNER) or {}
        who = "another process"
        if {"pid", "host", "start"} <= owner.keys():
            who = f"pid {owner['pid']} on host {owner['host']} since {owner['start']}"
        raise RunBusyError(
            f"{folder} is in use by {who}.",
            "Wait for it, stop it, or choose another folder with --out.",
        ) from None
    return lock

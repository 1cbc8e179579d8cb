"""One process a run folder: a lock that dies with its owner, and a word on who that is."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from vadkit.errors import RunBusyError
from vadkit.runs.atomic import alive, write_json

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
    lock = _acquire(folder)
    try:
        write_json(_owner_file(folder), _this_process())
        yield
    finally:
        with suppress(OSError):
            _owner_file(folder).unlink(missing_ok=True)
        lock.release()


def refuse_if_held(folder: Path) -> None:
    """Raise if another process holds the folder.

    Raises:
        RunBusyError: It does.
    """
    _acquire(folder).release()


def _acquire(folder: Path) -> FileLock:
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=_ORPHANS_S if _owner_is_dead(folder) else 0)
    except Timeout:
        raise RunBusyError(
            f"{folder} is in use by {_describe(_owner(folder))}.",
            "Wait for it, stop it, or choose another folder with --out.",
        ) from None
    return lock


def _owner_file(folder: Path) -> Path:
    return folder / ".owner.json"


def _this_process() -> dict[str, Any]:
    start = datetime.now().astimezone().isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "start": start}


def _owner(folder: Path) -> dict[str, Any]:
    try:
        owner = json.loads(_owner_file(folder).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return owner if isinstance(owner, dict) else {}


def _owner_is_dead(folder: Path) -> bool:
    owner = _owner(folder)
    here = owner.get("host") == socket.gethostname()
    return here and isinstance(owner.get("pid"), int) and not alive(owner["pid"])


def _describe(owner: dict[str, Any]) -> str:
    if not {"pid", "host", "start"} <= owner.keys():
        return "another process"
    return f"pid {owner['pid']} on host {owner['host']} since {owner['start']}"

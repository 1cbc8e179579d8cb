"""The event log: a line of JSON an event, only ever added to."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from vadkit.errors import DataError
from vadkit.runs.atomic import saving

_BINARY: int = getattr(os, "O_BINARY", 0)
"""Windows would write two bytes at the end of a line, and count one."""


class Events:
    """Writes events, each with one `write`, so that a kill can tear only the last line.

    Args:
        path: `events.jsonl`; made where missing. A torn last line is cut off first. None: nothing
            is written, as by processes of a run whose first one writes.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        if path:
            self._next = _whole_lines(path)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _BINARY
            self._descriptor = os.open(path, flags, 0o666)

    def emit(self, event: str, **fields: Any) -> None:
        """Add an event.

        Raises:
            ResourceError: The disk is full.
        """
        if self._path is None:
            return
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        record = {"seq": self._next, "time": time, "event": event, **fields}
        line = json.dumps(record, allow_nan=False).encode() + b"\n"
        with saving(f"event {event!r}", self._path.parent, need=len(line)):
            end = os.fstat(self._descriptor).st_size
            if os.write(self._descriptor, line) < len(line):
                os.ftruncate(self._descriptor, end)  # a disk that fills up takes half of a line
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._next += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._path:
            os.close(self._descriptor)


def read_events(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a log in their order; half a last line is dropped.

    Raises:
        DataError: A whole line is not a JSON object.
    """
    *lines, _ = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            raise DataError(
                f"{path}, line {number} is not an event.", "Was the file edited by hand?"
            )
        yield event


def _whole_lines(path: Path) -> int:
    """Cut a torn last line off, and count the others: the next sequence number."""
    if not path.exists():
        return 0
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, whole)
    return data.count(b"\n")

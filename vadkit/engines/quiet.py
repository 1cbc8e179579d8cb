"""Stdout without what threads of a library print on it."""

from __future__ import annotations

import sys
import threading
from typing import Any


class Quiet:
    """Stands in for stdout until `end`, and passes on what other threads print.

    Args:
        threads: How the names of the silenced threads begin.
    """

    def __init__(self, threads: str) -> None:
        self._threads, self._stream = threads, sys.stdout
        sys.stdout = self

    def write(self, text: str) -> int:
        """Write, unless it comes from a silenced thread."""
        if threading.current_thread().name.startswith(self._threads):
            return len(text)
        return self._stream.write(text)

    def end(self) -> None:
        """Give stdout back."""
        if sys.stdout is self:
            sys.stdout = self._stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

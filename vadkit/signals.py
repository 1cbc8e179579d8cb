"""Ctrl-C and SIGTERM: the first asks the loop to stop after its batch, the second stops it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from vadkit.errors import VadkitError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(VadkitError):  # noqa: N818 -- an order, not an error
    """A signal asked the program to stop.

    Args:
        number: The signal's number; the exit code is 128 more, as shells have it.
        hint: The next step.
    """

    def __init__(self, number: int, hint: str = "") -> None:
        super().__init__(f"Interrupted by {signal.Signals(number).name}.", hint)
        self.number = number
        self.exit_code = 128 + number


class Stop:
    """Whether a signal came."""

    def __init__(self) -> None:
        self.number: int | None = None

    def check(self, hint: str = "") -> None:
        """Raise if a signal came; called after each batch.

        Raises:
            Interrupted: One did.
        """
        if self.number is not None:
            raise Interrupted(self.number, hint)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.number is not None:
            raise Interrupted(number, "Stopped at once; the last finished epoch is safe.")
        self.number = number


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Take SIGINT and SIGTERM while the block runs, and give the old handlers back.

    Only a main thread may; elsewhere the signals stay as they are, and `Stop` never says so.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop._handle) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Ctrl-C and SIGTERM: the first asks the loop to stop after its batch, the second stops it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from vadkit.distributed.ranks import this_rank
from vadkit.errors import VadkitError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ECHO_S = 5.0


class Interrupted(VadkitError):  # noqa: N818 -- an order, not an error
    """A signal asked the program to stop."""

    def __init__(self, number: int, hint: str = "") -> None:
        super().__init__(f"Interrupted by {signal.Signals(number).name}.", hint)
        self.number = number
        self.exit_code = 128 + number  # as shells have it


class Stop:
    """Whether a signal came."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._since_s = 0.0

    def check(self, hint: str = "") -> None:
        """Raise if a signal came; called after each batch.

        Raises:
            Interrupted: One did.
        """
        if self.number is not None:
            raise Interrupted(self.number, hint)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.number is None:
            self.number, self._since_s = number, time.monotonic()
        elif not self._is_echo():
            raise Interrupted(number, "Stopped at once; the last finished epoch is safe.")

    def _is_echo(self) -> bool:
        """Whether this is the first order once more.

        Of several processes each hears it from the terminal, from torchrun and from the others.
        """
        return this_rank().size > 1 and time.monotonic() - self._since_s < _ECHO_S


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

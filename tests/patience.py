"""Waiting for what has to come, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

from vadkit.engines import Engine, Outcome

_PATIENCE_S = 300.0
"""Only guards against waiting for ever."""
_POLL_S = 0.05


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait; the test fails if it does not happen."""
    end = time.monotonic() + _PATIENCE_S
    while not happened():
        assert time.monotonic() < end
        time.sleep(_POLL_S)


def outcomes_of(engine: Engine, count: int) -> dict[str, str | None]:
    """Wait until so many jobs have ended; name -> why it failed, and what to do."""
    ended: list[Outcome] = []

    def have_ended() -> bool:
        ended.extend(engine.wait(_POLL_S))
        return len(ended) >= count

    wait_until(have_ended)
    return {outcome.name: outcome.reason or None for outcome in ended}

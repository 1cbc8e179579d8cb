"""Jobs given to an engine, as many at once as it has room for, until all have ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from vadkit.engines import Engine, Job, Outcome

_POLL_S = 0.5


def carry_out(
    engine: Engine, jobs: Iterable[Job], ended: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Carry out jobs.

    Args:
        engine: Closed by the caller.
        jobs: Each with a name of its own.
        ended: Told of each outcome; what it raises stops the waiting.

    Returns:
        Those that failed, with message, hint and exit code, in the order in which they did.
    """
    waiting, running = deque(jobs), 0
    failed: list[Outcome] = []
    while waiting or running:
        while waiting and running <= engine.slots:  # one more waits in the engine
            engine.submit(waiting.popleft())
            running += 1
        for outcome in engine.wait(_POLL_S):
            running -= 1
            failed += [outcome] if outcome.error else []
            ended(outcome)
    return failed

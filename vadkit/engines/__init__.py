"""What carries jobs out: processes of this machine, or a cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from vadkit.errors import VadkitError

_POLL_S = 0.5


@dataclass(frozen=True)
class Job:
    """A call that is made elsewhere; what comes of it is in files, not in an answer."""

    name: str
    """Its own among the jobs of an engine."""
    call: Callable[..., None]
    """A function of a module, which the other process imports by its name."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments that JSON could say; paths are absolute."""


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    name: str
    error: str | None = None
    """Why it failed, in a sentence; None where it did not."""
    hint: str = ""
    """What to do about it, or nothing."""
    exit_code: int = 1
    """What a command that fails for this reason ends with."""

    @property
    def reason(self) -> str:
        """Why it failed and what to do about it."""
        return f"{self.error or ''} {self.hint}".strip()


class Engine(Protocol):
    """Carries out so many jobs at once. Used by one thread, and closed in any case."""

    @property
    def slots(self) -> int:
        """How many jobs run at once; one more waits in the engine. It may change."""

    @property
    def threads(self) -> int:
        """CPU threads that a job should take."""

    def submit(self, job: Job) -> None:
        """Begin a job, or keep it until a slot is free; returns at once."""

    def wait(self, timeout_s: float) -> list[Outcome]:
        """The jobs that ended since the last call, waiting so long for a first one.

        A job whose call raises, or whose process or machine dies, is an outcome with its reason,
        and the engine goes on. An engine may run a job again whose machine was lost.
        """

    def close(self) -> None:
        """Stop what runs, gently and then not, and end every process that it started."""


def attempt(job: Job) -> Outcome:
    """Make a job's call, where it is made; what it raises is the reason why it failed."""
    try:
        job.call(**job.arguments)
    except VadkitError as error:
        return Outcome(job.name, error.message, error.hint, error.exit_code)
    except (Exception, SystemExit) as error:  # a plugin may exit, and a worker goes on
        return Outcome(job.name, f"{type(error).__name__}: {error}")
    return Outcome(job.name)


def carry_out(
    engine: Engine, jobs: Iterable[Job], ended: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Carry out jobs, each with a name of its own, as many at once as the engine has room for.

    The caller closes the engine. `ended` is told each outcome; what it raises stops the waiting.

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

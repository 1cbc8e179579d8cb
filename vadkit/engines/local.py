"""Processes of this machine, kept from job to job: torch is imported once in each."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from vadkit.engines import Job, Outcome, attempt
from vadkit.utils.threads import fair_share, thread_environment, usable_cores

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection as Connection
else:
    from multiprocessing.connection import Connection

_GENTLE_S = 20.0
"""Between asking a process to stop and stopping it: a batch, or an evaluation, may be long."""

_MOST_JOBS = 8


@dataclass
class _Worker:
    process: SpawnProcess
    connection: Connection
    job: Job | None = None


class LocalEngine:
    """Carries out jobs in processes of this machine.

    A process that dies is an outcome, and another takes its place. All end with the process that
    made the engine, however that ends.

    Args:
        slots: Jobs at once.
        threads: CPU threads of each; OMP_NUM_THREADS where not given, or else a fair share of the
            cores.
    """

    def __init__(self, slots: int, threads: int | None = None) -> None:
        self.slots = slots
        self.threads = threads or fair_share(slots)
        self._waiting: deque[Job] = deque()
        self._workers: list[_Worker] = []
        self._cards = deque(cards())

    def submit(self, job: Job) -> None:
        """Begin a job, or keep it until a process is free."""
        self._waiting.append(job)
        self._feed()

    def wait(self, timeout_s: float) -> list[Outcome]:
        """The jobs that ended since the last call."""
        self._feed()
        signs = [
            s for worker in self._workers for s in (worker.connection, worker.process.sentinel)
        ]
        ready = wait(signs, timeout_s)
        ended = [w for w in self._workers if w.connection in ready or w.process.sentinel in ready]
        outcomes = [self._ended(worker) for worker in ended]
        self._feed()
        return [outcome for outcome in outcomes if outcome]

    def close(self) -> None:
        """Ask all processes to stop, and stop those that do not."""
        self._waiting.clear()
        until = time.monotonic() + _GENTLE_S
        for worker in self._workers:
            worker.connection.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(max(0.0, until - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        self._workers.clear()

    def _feed(self) -> None:
        """Give waiting jobs to free processes, of which there are made as many as may be."""
        while self._waiting:
            free = next((worker for worker in self._workers if worker.job is None), None)
            if free is None and len(self._workers) == self.slots:
                return
            worker = free or self._new()
            worker.job = self._waiting.popleft()
            with suppress(OSError):  # it is dead: `wait` will find out
                worker.connection.send(worker.job)

    def _new(self) -> _Worker:
        connection, worker_end = get_context("spawn").Pipe()
        process = get_context("spawn").Process(target=_serve, args=(worker_end,))
        environment = thread_environment(self.threads)
        if self._cards:  # GPUs take turns where there are several
            environment["CUDA_VISIBLE_DEVICES"] = self._cards[0]
            self._cards.rotate(-1)
        with _environment(environment):
            process.start()
        worker_end.close()
        self._workers.append(_Worker(process, connection))
        return self._workers[-1]

    def _ended(self, worker: _Worker) -> Outcome | None:
        """What a process has to say, or what its death says."""
        job, worker.job = worker.job, None
        try:
            outcome: Outcome = worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join()
            worker.connection.close()
            self._workers.remove(worker)
            return Outcome(job.name, _death(worker.process.exitcode)) if job else None
        return outcome


def usual_jobs() -> int:
    """Cells at once where nobody says: one a GPU, or else one a core, as memory is finite."""
    return len(cards()) or min(usable_cores(), _MOST_JOBS)


def cards() -> list[str]:
    """GPUs that this process may use, found without torch; outside Linux, those that are named."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [card for card in named.split(",") if card.strip() not in ("", "-1")]
    devices = Path("/dev").glob("nvidia[0-9]*") if sys.platform == "linux" else ()
    return [str(number) for number, _ in enumerate(devices)]


def _death(code: int | None) -> str:
    if code is None or code >= 0:
        return f"worker ended with exit code {code}"
    hint = "; was there memory enough?" if -code == getattr(signal, "SIGKILL", None) else ""
    return f"worker killed by signal {-code}{hint}"


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    """What a process that is started meanwhile finds in its environment."""
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _serve(connection: Connection) -> None:
    """What a process does: one job after another, until nobody sends any."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # Ctrl-C is for the driver, which stops its workers gently
    threading.Thread(target=_follow_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            connection.send(attempt(connection.recv()))


def _follow_parent() -> None:
    """End when the driver is gone: gently, and then not."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GENTLE_S)
        os._exit(1)

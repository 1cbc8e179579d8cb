"""Threads of this process and of those that it starts: how many, and how they wait.

Nothing heavy is imported before it is needed: every module of vadkit comes by here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "KMP_LIBRARY")
"""What a user may say of how OpenMP's threads wait."""

YIELDING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "2000"}
"""How they wait where the user says nothing: libgomp's for some microseconds, in which most waits
of a quiet machine are over, and then asleep; those of other runtimes are asleep at once."""

_limit: ContextVar[int | None] = ContextVar("limit", default=None)


def yield_while_waiting() -> None:
    """Let OpenMP's threads give up their core while they wait, unless the user says how they wait.

    The OpenMP runtimes read the environment once, when torch is first imported.
    """
    if not any(name in os.environ for name in WAITING):
        os.environ.update(YIELDING)


def usable_cores() -> int:
    """CPU cores that this process may use, by its affinity and the quota of its control group."""
    from loky import cpu_count  # a tenth of a second, which a listing does without

    return int(cpu_count())


def threads_asked() -> int | None:
    """What the user says with OMP_NUM_THREADS; the first number, where there is one a level."""
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) else None


def fair_share(processes: int) -> int:
    """Threads of each of several processes side by side: OMP_NUM_THREADS, or equal parts."""
    return threads_asked() or max(1, usable_cores() // processes)


def thread_environment(threads: int) -> dict[str, str]:
    """What a new process finds in its environment, so that every library keeps to so many threads.

    PyAV has no variable; `decoder_threads` reads that of OpenMP.
    """
    return {"OMP_NUM_THREADS": str(threads), "OPENCV_FOR_THREADS_NUM": str(threads)}


def decoder_threads() -> int:
    """Threads that decode a video."""
    return _limit.get() or threads_asked() or usable_cores()


@contextmanager
def limited_threads(threads: int | None = None) -> Iterator[None]:
    """Hold torch, OpenCV and PyAV to so many threads each; give back what was set before.

    It holds the whole process, so two threads must not use it at once.

    Args:
        threads: How many. Where not given, as many as torch takes by itself, which OMP_NUM_THREADS
            decides; without that, no more than there are usable cores.
    """
    import cv2
    import torch

    before, opencv = torch.get_num_threads(), cv2.getNumThreads()
    count = threads or (before if threads_asked() else min(before, usable_cores()))
    token = _limit.set(count)
    torch.set_num_threads(count)
    cv2.setNumThreads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        cv2.setNumThreads(opencv)
        _limit.reset(token)

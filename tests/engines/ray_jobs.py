"""Jobs whose files tell where they were done; a module of its own, which workers import fast."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def stay(out: str, until: str) -> None:
    """Write down on which node, and stay there until a file appears."""
    import ray

    _add(out, ray.get_runtime_context().get_node_id())
    while not Path(until).exists():
        time.sleep(0.05)


def tell_home(out: str) -> None:
    """Write down where the caches are, and how many threads libraries may take."""
    threads = [os.environ[name] for name in ("OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")]
    _add(out, " ".join([os.environ["VADKIT_HOME"], *threads]))


def fail(out: str) -> None:
    """Raise."""
    _add(out, "begun")
    raise ValueError("no such luck")


def die(out: str) -> None:
    """Kill the own process."""
    _add(out, "begun")
    os.kill(os.getpid(), signal.SIGKILL)


def _add(out: str, line: str) -> None:
    with Path(out).open("a") as file:
        file.write(f"{line}\n")

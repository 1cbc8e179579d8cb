"""Jobs on a Ray cluster that is already there."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from secrets import token_hex
from socket import create_connection
from typing import Any, TextIO

from vadkit.engines import Job, Outcome, node
from vadkit.errors import PluginError, ResourceError
from vadkit.registry.discovery import one_line
from vadkit.utils.cache_dir import cache_home
from vadkit.utils.threads import thread_environment

GPU_SHARE = 0.25
"""Of a GPU that a job asks for: the networks are small, and several keep a GPU busy."""
_USUAL_THREADS = 4
_MOST_LOSSES = 3
"""Nodes that a job may lose before it counts as failed."""
_GENTLE_S = 20.0
"""Between asking jobs to stop and stopping them."""
_ANSWER_S = 120.0
"""A node that has not answered by then is none; its first process takes seconds to begin."""
_KNOCK_S = 5.0

Node = Mapping[str, Any]
"""A node, as Ray describes it."""


@dataclass
class _Task:
    job: Job
    losses: int = 0


class RayEngine:
    """Carries out jobs on the nodes of a cluster, each with its share of CPUs and GPUs.

    A job whose node is lost begins again on another one. Caches and results lie on storage that
    all nodes see under the same paths.

    Args:
        address: Of the cluster; where not given, the one that this machine belongs to.
        threads: CPUs that each job asks for; four, or all of the smallest node, where not given.
        jobs: Jobs at once; as many as the cluster has room for where not given.
        device: Jobs ask for a share of a GPU if there is one and this is not "cpu".
        shared: Folders that all nodes have to see, beside that of the caches; they are made.

    Raises:
        PluginError: Ray is not installed.
        ResourceError: No cluster answers, or its nodes are unfit for the jobs.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        threads: int | None = None,
        jobs: int | None = None,
        device: str = "auto",
        shared: Sequence[Path] = (),
    ) -> None:
        self._ray, self._ours = _connected(address)
        self._stdout = _Stdout(sys.stdout)
        sys.stdout = self._stdout
        self._tasks: dict[Any, _Task] = {}
        self._marks: list[Path] = []
        self._jobs = jobs
        try:
            self.threads = threads or min([_USUAL_THREADS, *map(_cpus, self._nodes())])
            has_gpu = device != "cpu" and any(map(_gpus, self._nodes()))
            self._gpus = GPU_SHARE if has_gpu else 0.0
            self._refuse_if_small()
            self._driver = self._marked((cache_home(), *shared))
            _refuse_unfit(self._ray, self._nodes(), self._driver)
        except BaseException:
            self.close()
            raise

    @property
    def slots(self) -> int:
        """How many jobs the cluster has room for at present, unless the user says how many."""
        return self._jobs or max(1, sum(map(self._room, self._nodes())))

    def submit(self, job: Job) -> None:
        """Begin a job, or keep it until a node has room."""
        self._begin(_Task(job))

    def wait(self, timeout_s: float) -> list[Outcome]:
        """The jobs that ended since the last call."""
        if not self._tasks:
            time.sleep(timeout_s)
            return []
        running = list(self._tasks)
        ended, _ = self._ray.wait(running, timeout=timeout_s)
        if ended:
            ended, _ = self._ray.wait(running, num_returns=len(running), timeout=0)
        return [outcome for reference in ended if (outcome := self._ended(reference))]

    def close(self) -> None:
        """Ask the jobs to stop, and stop those that do not."""
        running = list(self._tasks)
        for force in (False, True):
            for reference in running:
                self._ray.cancel(reference, force=force)
            if running:
                _, running = self._ray.wait(running, num_returns=len(running), timeout=_GENTLE_S)
        self._tasks.clear()
        for mark in self._marks:
            with suppress(OSError):
                mark.unlink()
        if self._ours:
            with redirect_stdout(StringIO()):  # where it says at last what it has kept back
                self._ray.shutdown()
        if sys.stdout is self._stdout:
            sys.stdout = self._stdout.stream

    def _begin(self, task: _Task) -> None:
        work = self._ray.remote(node.work).options(
            name=task.job.name,
            num_cpus=self.threads,
            num_gpus=self._gpus,
            max_retries=0,  # Ray would begin a job again whose own process died
            scheduling_strategy="SPREAD",
        )
        self._tasks[work.remote(task.job, self._driver)] = task

    def _ended(self, reference: Any) -> Outcome | None:
        """What a job came to; nothing if its node was lost, and it begins again."""
        task, errors = self._tasks.pop(reference), self._ray.exceptions
        try:
            outcome: Outcome = self._ray.get(reference)
        except errors.NodeDiedError:
            task.losses += 1
            if task.losses == _MOST_LOSSES:
                return Outcome(task.job.name, f"{_MOST_LOSSES} nodes were lost with it")
            self._begin(task)
            return None
        except errors.WorkerCrashedError:
            return Outcome(task.job.name, "worker died; was there memory enough?")
        except Exception as error:
            return Outcome(task.job.name, _last_line(error))
        return outcome

    def _nodes(self) -> list[Node]:
        """Those that can take jobs."""
        return [each for each in self._ray.nodes() if each["Alive"] and _cpus(each)]

    def _room(self, each: Node) -> int:
        by_gpus = _gpus(each) / self._gpus if self._gpus else _cpus(each)
        return int(min(_cpus(each) // self.threads, by_gpus))

    def _refuse_if_small(self) -> None:
        if not any(map(self._room, self._nodes())):
            gpu = " and a GPU" if self._gpus else ""
            raise ResourceError(
                f"No node of the Ray cluster has {self.threads} CPUs{gpu}, which a job asks for.",
                "Ask for fewer with --threads.",
            )

    def _marked(self, shared: Sequence[Path]) -> node.Driver:
        for folder in shared:
            folder.mkdir(parents=True, exist_ok=True)
            # A name like that of an unfinished file, so that a kill leaves nothing for long.
            self._marks.append(folder.absolute() / f".seen.tmp-{os.getpid()}-{token_hex(4)}")
            self._marks[-1].touch()
        environment = {
            **{name: value for name, value in os.environ.items() if name.startswith("VADKIT_")},
            "VADKIT_HOME": str(cache_home().absolute()),
            **thread_environment(self.threads),
        }
        return node.Driver(tuple(map(str, self._marks)), environment, version("vadkit"))


def _refuse_unfit(ray: Any, nodes: Sequence[Node], driver: node.Driver) -> None:
    """Ask every node whether it can work for us."""
    strategies = import_module("ray.util.scheduling_strategies")
    answers = {}
    for each in nodes:
        there = strategies.NodeAffinitySchedulingStrategy(each["NodeID"], soft=False)
        ask = ray.remote(node.unfit).options(num_cpus=0, scheduling_strategy=there)
        answers[ask.remote(driver)] = each["NodeManagerHostname"]
    for answer, name in answers.items():
        try:
            reason = ray.get(answer, timeout=_ANSWER_S)
        except Exception as error:
            reason = f"The node {name} cannot run vadkit: {_last_line(error)}."
        if reason:
            raise ResourceError(reason, "All nodes need the same vadkit, data and caches.")


def _connected(address: str | None) -> tuple[Any, bool]:
    """Ray, connected to the cluster, and whether it was connected here."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray = import_module("ray")
    except Exception as error:
        raise PluginError(
            f"The engine ray needs Ray, which cannot be imported: {one_line(error)}.",
            'Try: pip install "vadkit[ray]"',
        ) from error
    if ray.is_initialized():
        return ray, False
    place = address or os.environ.get("RAY_ADDRESS", "auto")
    try:
        if place != "auto":  # fail soon where nobody is; Ray itself would try for minutes
            host, _, port = place.rpartition("/")[2].rpartition(":")
            create_connection((host, int(port)), timeout=_KNOCK_S).close()
        ray.init(address=place, log_to_driver=False, logging_level="ERROR")
    except Exception as error:
        raise ResourceError(
            f"No Ray cluster answers at {place}: {_last_line(error)}.",
            "Start one (ray start --head), and name it with --address HOST:6379.",
        ) from error
    return ray, True


def _last_line(error: Exception) -> str:
    """What an error of Ray's says at the end of a coloured traceback."""
    *_, last = [type(error).__name__, *str(error).strip().splitlines()]
    return re.sub(r"\x1b\[[0-9;]*m", "", last)


def _cpus(each: Node) -> int:
    return int(each["Resources"].get("CPU", 0))


def _gpus(each: Node) -> float:
    return float(each["Resources"].get("GPU", 0))


class _Stdout:
    """Passes on what is printed, unless it comes from one of Ray's threads."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        if threading.current_thread().name.startswith("ray_"):
            return len(text)
        return self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

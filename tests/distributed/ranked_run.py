"""Runs in processes that torchrun starts, which note what each rank read and what it came to.

As a script it is what torchrun starts; its argument is a file with the jobs.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

import vadkit.experiment.curriculum
import vadkit.experiment.run_output
import vadkit.experiment.task_scores
from vadkit.data.batch_loader import Loader, Part
from vadkit.distributed.ranks import this_rank
from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.registry import load_plugins
from vadkit.runs.events import Events
from vadkit.runs.tensors import unique_state

PLAIN = Path(__file__).with_name("plain_task.py")


def torchrun(ranks: int, *words: str | Path) -> subprocess.Popen[str]:
    """Start a script or module in so many processes on this machine."""
    started = (sys.executable, "-m", "torch.distributed.run", "--standalone")
    return subprocess.Popen(
        [*started, "--nproc-per-node", str(ranks), *map(str, words)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    """What the processes say until their end; they are ended if that does not come."""
    try:
        return process.communicate()[0]
    except BaseException:
        process.terminate()  # and not killed, as it has to end the others
        raise


def ranked(ranks: int, folder: Path, *jobs: dict[str, Any]) -> int:
    """Do jobs one after another, each on all ranks; torchrun's exit code.

    Args:
        ranks: How many.
        folder: Where the run folders go, and what each rank notes beside them.
        jobs: What `job` takes.
    """
    folder.mkdir(exist_ok=True)
    (folder / "jobs.json").write_text(json.dumps(jobs))
    process = torchrun(ranks, __file__, folder / "jobs.json")
    print(said(process))  # which pytest shows if the test fails
    return process.returncode


def noted(out: Path, rank: int) -> dict[str, Any]:
    """What a rank noted.

    Units of each part of a batch that it read, weights after each phase, and the threads that were
    there at the end.
    """
    return json.loads(out.with_suffix(f".rank{rank}.json").read_text())


def job(
    folder: Path,
    *,
    name: str,
    recipe: str,
    sets: list[str] | None = None,
    dies: list[int] | None = None,
    batch: int = 32,
) -> None:
    """Run a recipe, or go on with its run.

    Args:
        folder: Where the run folder goes.
        name: Of the run folder.
        recipe: A file.
        sets: Changes of it.
        dies: A rank, and the event after which it kills itself, from 0.
        batch: Units that are scored at once.
    """
    rank, registry = this_rank().number, load_plugins([PLAIN])
    note = {"read": _reading(), "weights": _weighing()}
    vadkit.experiment.task_scores.BATCH = batch
    if dies and dies[0] == rank:
        Events.emit = _dying(Events.emit, dies[1])  # type: ignore[method-assign]
    loaded = load_recipe(recipe, sets or (), registry=registry)
    run(loaded, out=folder / name, resume=True)
    note["threads"] = [of.read_text().strip() for of in Path("/proc/self/task").glob("*/comm")]
    (folder / name).with_suffix(f".rank{rank}.json").write_text(json.dumps(note))


def _reading() -> list[list[int]]:
    """Notes the units of every part of a batch that is read from now on."""
    read, clips = [], Loader.parts

    def parts(self: Loader) -> Iterator[Part]:
        order = self.main.order(self.seed)
        for number, part in enumerate(clips(self)):
            own = order[self._places(number).tensor_split(self.ranks)[self.rank]]
            wanted = self.main.batch(own, self.device, self.cube_size).clips
            assert torch.equal(part.batch.clips, wanted)
            read.append(own.tolist())
            yield part

    Loader.parts = parts  # type: ignore[method-assign]
    return read


def _weighing() -> list[str]:
    """Notes a hash of all weights and statistics whenever they are evaluated from now on."""
    hashes, evaluate = [], vadkit.experiment.curriculum.evaluate_after

    def after(runner: Any, *given: Any) -> Any:
        tensors = unique_state(runner.model).values()
        data = b"".join(of.numpy().tobytes() for of in tensors)
        hashes.append(hashlib.sha256(data).hexdigest())
        return evaluate(runner, *given)

    vadkit.experiment.curriculum.evaluate_after = after
    return hashes


def _dying(emit: Callable[..., None], number: int) -> Callable[..., None]:
    told = iter(range(number))

    def emitted(self: Events, event: str, **fields: Any) -> None:
        emit(self, event, **fields)
        if next(told, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    return emitted


if __name__ == "__main__":
    for name in ("plot_scores", "plot_overview", "plot_phases", "plot_losses"):
        setattr(vadkit.experiment.run_output, name, lambda *_: None)
    file = Path(sys.argv[1])
    for given in json.loads(file.read_text()):
        job(file.parent, **given)

"""A run in a process of its own, which ends itself as a kill would: at once, wherever it is."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

import torch

from vadkit.errors import VadkitError
from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.registry import load_plugins
from vadkit.runs.cache import PhaseCache
from vadkit.runs.events import Events
from vadkit.training.optim import Group
from vadkit.utils.progress import Progress

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["vadkit.experiment.run", "vadkit.data.folder_dataset"])


def started(recipe: Path, out: Path, **options: Any) -> BaseProcess:
    """Begin what `in_process` does."""
    # A daemon, so that one that a failing test left stopped ends with the tests.
    child = _CONTEXT.Process(target=_child, args=(recipe, out), kwargs=options, daemon=True)
    child.start()
    return child


def in_process(recipe: Path, out: Path, **options: Any) -> int:
    """Run a recipe in a process of its own; its exit code, or minus the signal that ended it.

    Args:
        recipe: A file.
        out: The run folder, which may hold a run that was cut short.
        options: What `_child` takes.
    """
    child = started(recipe, out, **options)
    child.join()
    return cast(int, child.exitcode)


def _child(
    recipe: Path,
    out: Path,
    *,
    event: int | None = None,
    send: signal.Signals = signal.SIGKILL,
    until: Path | None = None,
    rename: int | None = None,
    step: int | None = None,
    cache: Path | None = None,
    plots: bool = False,
    sets: tuple[str, ...] = (),
) -> None:
    """Run; be sent a signal after the so-manieth event, or killed before a rename or step, from 0.

    With `until` the run waits after the event instead, until that file is there. What an error
    says is left in `said` beside the run folder; the exit code is the error's own.
    """
    torch.set_num_threads(1)
    if event is not None:
        _after(event, partial(_wait, until) if until else partial(os.kill, os.getpid(), send))
    if rename is not None:
        _die_before(Path, "replace", rename)
    if step is not None:
        _die_before(Group, "step", step)
    if not plots:
        _draw_nothing()
    registry = load_plugins()
    loaded = load_recipe(recipe, sets, registry=registry)
    quiet = Progress(io.StringIO(), plain=True)
    kept = PhaseCache(cache) if cache else None
    try:
        run(loaded, out=out, resume=True, cache=kept, progress=quiet)
    except VadkitError as error:
        out.with_name("said").write_text(str(error))
        sys.exit(error.exit_code)


def _wait(until: Path) -> None:
    while not until.exists():
        time.sleep(0.05)


def _after(number: int, happens: Callable[[], object]) -> None:
    emit, told = Events.emit, iter(range(number))

    def emitted(self: Events, event: str, **fields: Any) -> None:
        emit(self, event, **fields)
        if next(told, None) is None:
            happens()

    Events.emit = emitted  # type: ignore[method-assign]


def _die_before(owner: type, name: str, number: int) -> None:
    """Be killed in place of the so-manieth call of a method."""
    method, told = getattr(owner, name), iter(range(number))

    def called(*args: Any, **named: Any) -> Any:
        if next(told, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(*args, **named)

    setattr(owner, name, called)


def _draw_nothing() -> None:
    import vadkit.experiment.run_output

    for name in ("plot_scores", "plot_overview", "plot_phases", "plot_losses"):
        setattr(vadkit.experiment.run_output, name, lambda *_: None)

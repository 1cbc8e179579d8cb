"""A run in a process of its own, which ends itself as a kill would: at once, wherever it is."""

from __future__ import annotations

import io
import os
import signal
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from vadkit.plugins import load_plugins
from vadkit.progress import Progress
from vadkit.recipe import load_recipe
from vadkit.run import run
from vadkit.runs.cache import PhaseCache
from vadkit.runs.events import Events

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["vadkit.run", "vadkit.data.datasets.folder"])


def in_process(recipe: Path, out: Path, **options: Any) -> int:
    """Run a recipe in a process of its own; its exit code, or minus the signal that ended it.

    Args:
        recipe: A file.
        out: The run folder, which may hold a run that was cut short.
        options: What `_child` takes.
    """
    child = _CONTEXT.Process(target=_child, args=(recipe, out), kwargs=options)
    child.start()
    child.join()
    assert child.exitcode is not None
    return child.exitcode


def _child(
    recipe: Path,
    out: Path,
    *,
    event: int | None = None,
    rename: int | None = None,
    cache: Path | None = None,
    plots: bool = False,
    sets: tuple[str, ...] = (),
) -> None:
    """Run; be killed after the so-manieth event, or before the so-manieth rename, from 0."""
    torch.set_num_threads(1)
    if event is not None:
        _die_after(event)
    if rename is not None:
        _die_before(rename)
    if not plots:
        _draw_nothing()
    registry = load_plugins()
    loaded = load_recipe(recipe, sets, registry=registry)
    quiet = Progress(io.StringIO(), plain=True)
    kept = PhaseCache(cache) if cache else None
    run(loaded, registry, out=out, resume=True, cache=kept, progress=quiet)


def _die_after(number: int) -> None:
    emit, told = Events.emit, iter(range(number))

    def emitted(self: Events, event: str, **fields: Any) -> None:
        emit(self, event, **fields)
        if next(told, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    Events.emit = emitted  # type: ignore[method-assign]


def _die_before(number: int) -> None:
    replace, told = Path.replace, iter(range(number))

    def replaced(self: Path, target: Any) -> Path:
        if next(told, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(self, target)

    Path.replace = replaced  # type: ignore[assignment]


def _draw_nothing() -> None:
    import vadkit.results

    for name in ("plot_scores", "plot_overview", "plot_phases", "plot_losses"):
        setattr(vadkit.results, name, lambda *_: None)

"""A cell where it is carried out: a run that goes on where it was, in a process kept for many."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

from vadkit.distributed.signals import Interrupted
from vadkit.errors import RunBusyError
from vadkit.recipe import Recipe
from vadkit.registry.registry import Registry, load_plugins
from vadkit.runs.lock import refuse_if_held
from vadkit.utils.progress import Progress

_ORPHAN_S = 40.0
"""A dead driver's worker may hold its run so long, until it has noticed."""
_POLL_S = 0.5


def run_cell(
    *, recipe: dict[str, Any], out: str, log: str, plugins: Sequence[str], device: str, strict: bool
) -> None:
    """Begin a run, or go on with it; what it shares with others comes from the phase cache.

    Args:
        recipe: With every default, as JSON values.
        out: The run folder.
        log: A file to which all that is told is added.
        plugins: Files of plugins.
        device: As for `run`.
        strict: As for `run`.
    """
    from vadkit.run import run  # torch, once for all cells of this process
    from vadkit.runs.cache import PhaseCache

    registry = _registry(tuple(plugins))
    loaded = Recipe.model_validate_json(json.dumps(recipe), strict=True)
    with _told(Path(log)) as stream:
        _wait_for_orphan(Path(out))
        shown = Progress(stream, plain=True)
        run(
            loaded,
            registry,
            out=Path(out),
            resume=True,
            cache=PhaseCache(),
            device=device,
            progress=shown,
            strict=strict,
        )


@lru_cache(maxsize=1)
def _registry(plugins: tuple[str, ...]) -> Registry:
    return load_plugins([Path(name) for name in plugins])


@contextmanager
def _told(log: Path) -> Iterator[TextIO]:
    """Send what is printed, and how it failed, to the log: a driver's screen has many cells."""
    with (
        log.open("a", encoding="utf-8", errors="replace", newline="\n") as stream,
        redirect_stdout(stream),
        redirect_stderr(stream),
    ):
        try:
            yield stream
        except Interrupted as order:
            print(order, file=stream)
            raise
        except Exception:
            traceback.print_exc(file=stream)
            raise


def _wait_for_orphan(folder: Path) -> None:
    """Wait until a worker whose driver died has let go of the run."""
    if not folder.is_dir():
        return None
    until = time.monotonic() + _ORPHAN_S
    while True:
        try:
            return refuse_if_held(folder)
        except RunBusyError:
            if time.monotonic() > until:
                raise
        time.sleep(_POLL_S)

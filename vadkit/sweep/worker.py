"""The entry point of a worker process: runs a cell, or goes on with it."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

from vadkit.distributed.signals import Interrupted
from vadkit.errors import RunBusyError
from vadkit.recipe import BoundRecipe
from vadkit.runs.lock import refuse_if_held
from vadkit.utils.progress import Progress

_ORPHAN_S = 40.0
"""A dead driver's worker may hold its run so long, until it has noticed."""
_POLL_S = 0.5


def run_cell(
    *, recipe: dict[str, Any], out: str, log: str, plugins: Sequence[str], device: str, strict: bool
) -> None:
    """Begin a run, or go on with it; what it shares with others comes from the phase cache.

    Recipe and plugins are as `BoundRecipe.as_json` says; what is told is added to the log's file.
    """
    from vadkit.experiment.run import run  # torch, once for all cells of this process
    from vadkit.runs.cache import PhaseCache

    bound = BoundRecipe.from_json({"recipe": recipe, "plugins": plugins})
    with _logged(Path(log)) as stream:
        _wait_for_orphan(Path(out))
        run(
            bound,
            out=Path(out),
            resume=True,
            cache=PhaseCache(),
            device=device,
            progress=Progress(stream, plain=True),
            strict=strict,
        )


@contextmanager
def _logged(log: Path) -> Iterator[TextIO]:
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
    until = time.monotonic() + _ORPHAN_S
    while folder.is_dir():
        try:
            refuse_if_held(folder)
        except RunBusyError:
            if time.monotonic() > until:
                raise
            time.sleep(_POLL_S)
        else:
            return

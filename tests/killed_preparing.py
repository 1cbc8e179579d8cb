"""Preparing in a process of its own, which kills itself, or has no room on its disk."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from vadkit.data.prepare import prepare
from vadkit.data.store.store import UnitRecorder
from vadkit.data.teachers.bound_teacher import FrameTeacher
from vadkit.data.video_pass import VideoPass
from vadkit.errors import VadkitError
from vadkit.recipe import load_recipe
from vadkit.registry.registry import load_plugins

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["vadkit.experiment.run", "vadkit.data.prepare", "vadkit.data.folder_dataset"]
)
_FAULTS = {
    "kill in a video": [(UnitRecorder, "add", 100)],
    "kill at the end of a video": [(VideoPass, "counts", 3)],
    "kill in an answer": [(FrameTeacher, "answers", 3)],
}
"""Fault -> calls that kill the process when they are made for the n-th time."""
_ROOM = 50_000
"""Bytes of a file where the disk is full."""


def started(recipe: Path, home: Path, fault: str = "") -> BaseProcess:
    """Begin to prepare; what is told of a failure comes into the file `home`.told."""
    child = _CONTEXT.Process(target=_child, args=(recipe, home, fault), daemon=True)
    child.start()
    return child


def ended(child: BaseProcess) -> int | None:
    """Wait for a process; its exit code, negative for a signal."""
    child.join()
    return child.exitcode


def _child(recipe: Path, home: Path, fault: str) -> None:
    for owner, call, where in _FAULTS.get(fault, ()):
        setattr(owner, call, _killed_at(getattr(owner, call), where))
    if fault == "full disk":
        resource.setrlimit(resource.RLIMIT_FSIZE, (_ROOM, resource.RLIM_INFINITY))
    registry = load_plugins()
    try:
        prepare(load_recipe(recipe, registry=registry), home=home)
    except VadkitError as error:
        home.with_suffix(".told").write_text(str(error))
        raise SystemExit(error.exit_code) from None


def _killed_at(call: Callable[..., Any], times: int) -> Callable[..., Any]:
    """The same call, at the end of which the n-th time the process is killed."""
    left = times

    def called(*given: Any) -> Any:
        nonlocal left
        found = call(*given)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    return called

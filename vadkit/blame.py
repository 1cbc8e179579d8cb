"""Whose fault it is: errors out of a plugin's code name the plugin, those of memory the memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import OutOfMemoryError

from vadkit.discovery import one_line
from vadkit.errors import PluginError, ResourceError, VadkitError


@contextmanager
def blamed(task: str, where: str) -> Iterator[None]:
    """Name the task in whose code an error comes up.

    Args:
        task: Its name.
        where: Which part of the contract runs: views, head, loss, ...

    Raises:
        PluginError: In place of any error that vadkit does not raise itself.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, VadkitError) or _of_memory(error):
            raise
        raise PluginError(
            f"Task '{task}' failed in {where}: {one_line(error)}.",
            "--debug shows where in its code.",
        ) from error


@contextmanager
def enough_memory(doing: str) -> Iterator[None]:
    """Say in one sentence that memory ran out.

    Args:
        doing: What took it, as "training phase 2".

    Raises:
        ResourceError: It did.
    """
    try:
        yield
    except Exception as error:
        if not _of_memory(error):
            raise
        raise ResourceError(
            f"Memory ran out while {doing}.",
            "Try a smaller `optim.batch`, `objects.size`, `frames.size` or `backbone.width`.",
        ) from error


def _of_memory(error: Exception) -> bool:
    """Torch has a class for a GPU's memory only; elsewhere its allocator says so in words."""
    told = isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)
    return told or isinstance(error, MemoryError | OutOfMemoryError)

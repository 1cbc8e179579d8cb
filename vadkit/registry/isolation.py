"""Attributes errors to plugins: one out of a plugin's code names the plugin.

Where memory runs out, memory is named and no plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from vadkit.errors import PluginError, ResourceError, VadkitError
from vadkit.registry.discovery import one_line

PluginT = TypeVar("PluginT")


@contextmanager
def blamed(kind: str, name: str, where: str) -> Iterator[None]:
    """Name the plugin in whose code an error comes up.

    Args:
        kind: task, backbone, teacher, detector or dataset.
        name: The plugin's name.
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
            f"{kind.capitalize()} '{name}' failed in {where}: {one_line(error)}.",
            "--debug shows where in its code.",
        ) from error


def guarded(kind: str, name: str, plugin: PluginT) -> PluginT:
    """The same plugin; errors of its methods name it, also those raised while iterating."""
    return cast(PluginT, _Guarded(kind, name, plugin))


@contextmanager
def enough_memory(doing: str) -> Iterator[None]:
    """Say in one sentence that memory ran out while `doing` something ("training phase 2").

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


class _Guarded:
    def __init__(self, kind: str, name: str, plugin: object) -> None:
        self._who = (kind, name)
        self._plugin = plugin

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # no part of a contract, and asked for before there is a plugin
            raise AttributeError(name)
        value = getattr(self._plugin, name)
        return self._guard(value, name) if callable(value) else value

    def _guard(self, method: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            with blamed(*self._who, name):
                answer = method(*args, **named)
            return self._each(answer, name) if isinstance(answer, Iterator) else answer

        return call

    def _each(self, answers: Iterator[Any], name: str) -> Iterator[Any]:
        with blamed(*self._who, name):
            yield from answers


def _of_memory(error: Exception) -> bool:
    """Torch has a class for a GPU's memory only; elsewhere its allocator says so in words."""
    if isinstance(error, RuntimeError):
        from torch import OutOfMemoryError  # not before there is an error: plugins are listed

        return isinstance(error, OutOfMemoryError) or "DefaultCPUAllocator" in str(error)
    return isinstance(error, MemoryError)

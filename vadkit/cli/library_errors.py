"""Errors that come out of a library: which library, and what to install instead."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from traceback import walk_tb
from types import FrameType, ModuleType

from vadkit.dependencies import dependencies

_INTERFACE = (TypeError, AttributeError, ImportError)
"""How a library answers to code that was written for another version of it."""


def advice(error: BaseException) -> str:
    """The library that may be the reason for an error, and what to install; empty if none may.

    That is the library that raised it, or one that vadkit's failing line names, if it is
    installed in a version that was not tried, or cannot be imported.
    """
    root = _chain(error)[-1]
    libraries = {each.module: each for each in dependencies()}
    concerned = [libraries[module] for module in _modules(root) if module in libraries]
    for library in concerned:
        if library.untried:
            return f"Perhaps the reason is {library}. Try: {library.install}"
    if not (concerned and isinstance(root, ImportError)):
        return ""
    library = concerned[0]
    if not library.installed:
        return f"{library.name} is not installed, and vadkit needs it. Try: {library.install}"
    again = f"{library.install} --force-reinstall"
    return f"{library.name} {library.installed} cannot be imported. Try: {again}"


def is_of_interface(error: BaseException) -> bool:
    """Whether behind an error is one of the kinds that another interface raises."""
    return any(isinstance(cause, _INTERFACE) for cause in _chain(error)[1:])


def _chain(error: BaseException) -> list[BaseException]:
    """An error and its causes."""
    return [error, *(_chain(error.__cause__) if error.__cause__ else ())]


def _modules(error: BaseException) -> Iterator[str]:
    """Names of top-level modules that may be the reason, the nearest first."""
    if isinstance(error, ImportError) and error.name:
        yield _top(error.name)
    for frame, line in reversed([*walk_tb(error.__traceback__)]):
        module = _top(frame.f_globals.get("__name__"))
        yield module
        yield from _named_on(frame, line)
        if module.startswith("vadkit"):  # whoever called vadkit's code is not the reason
            return


def _named_on(frame: FrameType, line: int) -> Iterator[str]:
    """Modules of the objects that a line names."""
    objects = {**frame.f_globals, **frame.f_locals}
    for step in dis.get_instructions(frame.f_code):
        if step.positions and step.positions.lineno == line:
            # Python 3.13 loads two variables in one instruction.
            names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
            for value in (objects[name] for name in names if name in objects):
                home = "__name__" if isinstance(value, ModuleType) else "__module__"
                yield _top(getattr(value, home, ""))


def _top(module: object) -> str:
    return str(module).partition(".")[0]

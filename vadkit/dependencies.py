"""Dependencies: which versions were tried, which are installed, which may have caused an error."""

from __future__ import annotations

import dis
import platform
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from traceback import walk_tb
from types import FrameType, ModuleType

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

_PACKAGE = "vadkit"
_FEATURE = 2
"""Numbers of a version that say what it can do: a newer 1.4.x is no newer than 1.4.0."""
_INTERFACE = (TypeError, AttributeError, ImportError)
"""How a library answers to code that was written for another version of it."""


@dataclass(frozen=True)
class Dependency:
    """A library that vadkit or one of its extras needs to run, or Python itself."""

    name: str
    """The distribution's, in lower case with hyphens."""
    module: str
    """What is imported."""
    supported: SpecifierSet
    """Versions that pyproject.toml allows; its lower bound is the oldest that was tried."""
    newest: str
    """The newest version that was tried."""

    @property
    def installed(self) -> str:
        """Its version; empty where it is not installed."""
        if self.name == "python":
            return platform.python_version()
        try:
            return version(self.name)
        except PackageNotFoundError:
            return ""

    @property
    def untried(self) -> bool:
        """Whether it is installed in a version outside of what was tried."""
        installed = self.installed
        if not installed:
            return False
        release, newest = (Version(each).release[:_FEATURE] for each in (installed, self.newest))
        return not self.supported.contains(installed, prereleases=True) or release > newest

    @property
    def install(self) -> str:
        """The command that installs a version that was tried."""
        return f'pip install "{self.name}>={self._oldest},<={self.newest}"'

    def __str__(self) -> str:
        return f"{self.name} {self.installed} (tried: {self._oldest} to {self.newest})"

    @property
    def _oldest(self) -> str:
        return next(bound.version for bound in self.supported if bound.operator == ">=")


def dependencies() -> list[Dependency]:
    """Python, and what vadkit and its extras need to run; none where vadkit is not installed."""
    tried = tomllib.loads(Path(__file__).with_name("tried.toml").read_text(encoding="utf-8"))
    try:
        python, requirements = metadata(_PACKAGE)["Requires-Python"], requires(_PACKAGE) or []
    except PackageNotFoundError:
        return []
    supported = {"python": SpecifierSet(python)}
    for needed in map(Requirement, requirements):
        supported[canonicalize_name(needed.name)] = needed.specifier
    return [
        Dependency(name, tried["module"].get(name, name.replace("-", "_")), supported[name], newest)
        for name, newest in tried["newest"].items()
        if name in supported  # an older vadkit's metadata may lack it in an editable installation
    ]


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

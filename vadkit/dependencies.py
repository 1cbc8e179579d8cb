"""Dependencies: which versions vadkit was tried with, and which are installed."""

from __future__ import annotations

import platform
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

_PACKAGE = "vadkit"
_FEATURE = 2
"""Numbers of a version that say what it can do: a newer 1.4.x is no newer than 1.4.0."""


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

"""Problems of a recipe: collected, and raised together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from vadkit.errors import PluginError, RecipeError

_SPECIAL = re.compile(r"""[.="'\\\s]|^$""")
"""What is quoted in a key."""
MOST = 100
"""Problems that are told at once."""

KeyPath = tuple[str | int, ...]
"""Keys and list positions from the top of a recipe to a value."""


@dataclass(frozen=True)
class Place:
    """Where a key was written: a file and a line, or an option of the command line."""

    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, at one key."""

    key: KeyPath
    message: str
    place: Place | None = None
    """Where it was written, if that is not the place of its key."""
    plugin: bool = False
    """Whether a plugin is to blame, not the recipe."""


class ProblemsError(RecipeError):
    """Every problem of a recipe at once, a line each below a title.

    Its exit code is 5 where only plugins are to blame, else 2.
    """

    def __init__(self, title: str, problems: Sequence[Problem], lines: Sequence[str]) -> None:
        super().__init__("\n".join([title, *lines]))
        self.problems = tuple(problems)
        self.lines = tuple(lines)
        if all(problem.plugin for problem in problems):
            self.exit_code = PluginError.exit_code


class Places:
    """Key path -> where it was written, for one recipe and what it extends."""

    def __init__(self) -> None:
        self._places: dict[KeyPath, Place] = {}

    def add(self, key: KeyPath, place: Place) -> None:
        self._places[key] = place

    def replace(self, key: KeyPath, place: Place) -> None:
        """Forget what was written below a key that is written anew, perhaps in a new table."""
        self._places = {k: p for k, p in self._places.items() if k[: len(key)] != key}
        for length in range(1, len(key) + 1):
            self._places.setdefault(key[:length], place)

    def find(self, key: KeyPath) -> Place:
        """The place of the key, or of the nearest table around it."""
        while key and key not in self._places:
            key = key[:-1]
        return self._places[key]


def first_of(problems: Iterable[Problem]) -> list[Problem]:
    """The first hundred problems: a file of garbage has one on every line."""
    first = list(islice(problems, MOST + 1))
    return [*first[:MOST], Problem((), "there are more problems.")] if first[MOST:] else first


def problems_error(title: str, problems: Sequence[Problem], places: Places) -> ProblemsError:
    """The error that says them all, ordered by place."""
    placed = [(problem.place or places.find(problem.key), problem) for problem in problems]
    placed.sort(key=lambda pair: (pair[0].source, pair[0].line))
    lines = [_line(place, problem) for place, problem in placed]
    count = f"{len(problems)} problem{'s' * (len(problems) != 1)}"
    return ProblemsError(f"{title} has {count}:", problems, lines)


def _line(place: Place, problem: Problem) -> str:
    key = f"{dotted(problem.key)}: " if problem.key else ""
    return f"  {place}: {key}{problem.message}"


def dotted(key: KeyPath) -> str:
    """A key path as `--set` takes it."""
    names = (str(part) for part in key)
    return ".".join(json.dumps(n, ensure_ascii=False) if _SPECIAL.search(n) else n for n in names)

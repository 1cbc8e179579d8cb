"""Tables as they were written: which of them name a plugin, and which values are paths."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

from vadkit.errors import PluginError
from vadkit.recipe.diagnostics import KeyPath, Problem
from vadkit.registry.cards import Card
from vadkit.registry.registry import Registry

Table = dict[str, Any]
_INSTEAD = {"use": "questions", "questions": "use"}
"""Keys of a protocol, and the key whose place each takes."""
_OF_QUESTIONS = ("weights", "only")
"""Keys that go with what is asked."""


def make_way(table: Table, key: str, given: Container[str] = ()) -> None:
    """Take out of a protocol what a key takes the place of, but for what is given beside it."""
    other = _INSTEAD.get(key, "")
    if other in table and other not in given:
        for gone in (other, *_OF_QUESTIONS):
            if gone not in given:
                table.pop(gone, None)


def named(value: Any) -> Any:
    """A plugin given by its name alone, as a table."""
    return {"name": value} if isinstance(value, str) else value


def as_question(value: Any) -> Any:
    """A question given by its scores alone, as a table."""
    return {"of": value} if isinstance(value, str | list | tuple) else value


def plugged(table: Table) -> Iterator[tuple[str, str, KeyPath, Table]]:
    """(kind, name, key path, table) of every table that names a plugin and holds its options."""
    places: list[tuple[str, str, KeyPath, list[tuple[str | int, Any]]]] = [
        ("dataset", "dataset", ("data",), pairs(table.get("data"))),
        ("detector", "name", ("objects", "detectors"), pairs(_get(table, "objects", "detectors"))),
        ("backbone", "name", (), [("backbone", table.get("backbone"))]),
        ("backbone", "name", ("backbones",), pairs(table.get("backbones"))),
        ("teacher", "name", ("teachers",), pairs(table.get("teachers"))),
    ]
    for kind, key, path, sources in places:
        for part, value in sources:
            if isinstance(value, dict) and isinstance(value.get(key), str):
                yield kind, value[key], (*path, part), value
    for kind, part in (("task", "tasks"), ("evidence", "evidence")):
        for name, value in pairs(table.get(part)):
            if isinstance(value, dict):
                yield kind, str(name), (part, name), value


def own_options(kind: str, table: Table) -> Table:
    """The options in a plugin's table: without the keys that are the recipe's own."""
    common = {"task": set(), "evidence": set(), "dataset": {"dataset", "path", "every"}}.get(
        kind, {"name"}
    )
    return {key: value for key, value in table.items() if key not in common}


def task_entries(table: Table) -> Iterator[tuple[KeyPath, str]]:
    """(key path, name) of every task in every phase."""
    for number, phase in pairs(table.get("phase")):
        for index, entry in pairs(phase.get("tasks") if isinstance(phase, dict) else None):
            task = named(entry)
            if isinstance(task, dict) and isinstance(task.get("name"), str):
                yield ("phase", number, "tasks", index), task["name"]


def _get(table: Table, first: str, second: str) -> Any:
    below = table.get(first)
    return below.get(second) if isinstance(below, dict) else None


def pairs(value: Any) -> list[tuple[str | int, Any]]:
    """(key or position, value) of a table or list; nothing of anything else."""
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    return list(value.items()) if isinstance(value, dict) else []


def anchor(table: Table, folder: Path | None, registry: Registry) -> list[Problem]:
    """Make every path in the tables absolute, starting from the folder of the file that names it.

    Returns:
        A problem for each path that is a URL.
    """
    problems = []
    for kind, name, key, options in plugged(table):
        for option in _path_options(kind, name, registry) & options.keys():
            value = options[option]
            if isinstance(value, str) and "://" in value:
                message = f"{value!r:.80} is a URL, expected a local path."
                problems.append(Problem((*key, option), message))
            elif isinstance(value, str):
                options[option] = str(absolute(value, folder))
    return problems


def absolute(path: str, folder: Path | None = None) -> Path:
    """A path from a folder, or from the current one, with `~` and nothing else expanded."""
    try:
        expanded = Path(path).expanduser()
    except (RuntimeError, ValueError):
        expanded = Path(path)  # no such user: the path is then reported as missing
    return Path(folder or Path.cwd(), expanded).absolute()


def _path_options(kind: str, name: str, registry: Registry) -> set[str]:
    common = {"path"} if kind == "dataset" else set()
    try:
        return common | _paths_of(registry.card(kind, name))
    except PluginError:
        return common  # reported with the other problems


def _paths_of(card: Card) -> set[str]:
    try:
        hints = get_type_hints(card.config)
    except Exception:  # a plugin's annotations may name what is not there
        return set()
    return {name for name, hint in hints.items() if hint is Path or Path in get_args(hint)}

"""Changes of the command line to a recipe's tables, made before these are validated."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Any

from vadkit.errors import RecipeError
from vadkit.recipe.diagnostics import KeyPath, Place, Problem, dotted
from vadkit.recipe.loader import Source, extend_protocols, merge
from vadkit.recipe.toml_tables import Table, absolute, anchor, as_question, make_way, named
from vadkit.registry.registry import Registry
from vadkit.utils.suggestions import allowed_words

_QUOTED = r"""\"(?:\\.|[^"\\])*\"|'[^']*'"""
_KEY = re.compile(rf"(?:{_QUOTED}|[^=\"'])*")
"""A dotted key, up to the sign that ends it."""
_PART = re.compile(rf"((?:{_QUOTED}|[^.\"'])*)\.")
"""A name of it, and the dot behind."""


def bind_data(source: Source, bindings: Sequence[str]) -> None:
    """`NAME=DIR` binds the target role to the data set NAME in the folder DIR."""
    if not bindings:
        return
    place = Place(f"--data {' --data '.join(bindings)}")
    name, _, folder = bindings[0].partition("=")
    if not (name and folder) or len(bindings) > 1:
        message = "expected one NAME=DIR; --set data.ROLE={...} binds other roles."
        source.problems.append(Problem((), message, place))
        return
    target = {"dataset": name, "path": str(absolute(folder))}
    _put(source, ("data", "target"), target, place)


def bind_boxes(source: Source, path: Path | None) -> None:
    """Read the objects from boxes on disk instead of detecting them."""
    if path is not None:
        _put(source, ("objects", "detectors"), [file_boxes(path)], Place(f"--boxes {path}"))


def file_boxes(path: Path, **options: Any) -> Table:
    """The table of the detector that reads boxes from disk."""
    return {"name": "file", "path": str(absolute(str(path))), **options}


def apply_set(source: Source, text: str, registry: Registry) -> KeyPath:
    """`key.path=VALUE` puts a TOML value; what it means is validated with the rest."""
    place = Place(f"--set {text:.100}")
    key = _KEY.findall(text)[0]
    mark, written = text[len(key) : len(key) + 1] == "=", text[len(key) + 1 :].strip()
    path, table = key_path(key), _table(f"value = {written}")
    if not mark or "" in path:
        source.problems.append(Problem((), "expected key.path=VALUE.", place))
    elif table.keys() != {"value"}:
        hint = f"""Quote a string: --set '{dotted(path)}="{written:.60}"'."""
        source.problems.append(Problem(path, f"{written!r:.60} is not a TOML value. {hint}", place))
    else:
        change(source, path, table["value"], place, registry=registry)
    return path


def apply_value(source: Source, key: str, value: Any, registry: Registry) -> None:
    """Put a Python value in place of a text that TOML would read as one."""
    place, path = Place(f"sets {key:.100}"), key_path(key.strip())
    if "" in path:
        source.problems.append(Problem((), f"{key!r} is no key.path.", place))
    elif value is None:
        source.problems.append(Problem(path, "is None, which a recipe cannot say.", place))
    else:
        change(source, path, value, place, registry=registry)


def change(
    source: Source,
    path: KeyPath,
    value: Any,
    place: Place,
    *,
    registry: Registry,
    folder: Path | None = None,
) -> None:
    """Put a value into the tables; what is wrong with that is noted as a problem.

    Tables that are missing are made, items of lists are not. Paths in the value start from a
    folder, or from the current one.
    """
    try:
        _put_extended(source, path, value, place, folder or Path.cwd())
    except RecipeError as error:
        source.problems.append(Problem(path, str(error), place))
    # The rest is anchored already.
    written = {key: below for key, below in source.table.items() if key == path[0]}
    source.problems += anchor(written, folder, registry)


def _put_extended(source: Source, path: KeyPath, value: Any, place: Place, folder: Path) -> None:
    """Put a value; a protocol that `extends` another takes that one's keys, as in a file."""
    if path == ("extends",):
        raise RecipeError("only a file extends a recipe.", "Name that recipe in place of this one.")
    written = reduce(lambda below, part: {part: below}, reversed(path), value)
    extend_protocols(written.get("score"), folder)
    *above, last = path
    table = reduce(lambda tables, part: tables[part], above, written)
    if last in table:
        return _put(source, path, table[last], place)
    node: Any = source.table
    for part in above:
        node[part] = node[part] if isinstance(node.get(part), dict) else {}
        node = node[part]
    for key, _ in merge(node, table, path[:-1]):
        source.places.replace(key, place)
    return None


def _table(text: str) -> Table:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}


def key_path(key: str) -> KeyPath:
    """A dotted key as a path; names may be quoted, and a bare number counts the items of a list.

    An empty name stands for what is no name.
    """
    parts = _PART.findall(f"{key}.") if _KEY.fullmatch(key) else [""]
    return tuple(_name(part.strip()) for part in parts)


def _name(part: str) -> str | int:
    if part[:1] in ("'", '"'):
        return next(iter(_table(f"{part} = 0")), "")
    return int(part) if re.fullmatch("[0-9]{1,6}", part) else part


def _put(source: Source, path: KeyPath, value: Any, place: Place) -> None:
    node: Any = source.table
    for depth, part in enumerate(path):
        key = path[: depth + 1]
        if isinstance(node, list) and not (isinstance(part, int) and part < len(node)):
            source.problems.append(_outside(key, len(node), place))
            return
        if not isinstance(node, dict | list):
            message = f"is {node!r:.60}, which has nothing below it."
            source.problems.append(Problem(path[:depth], message, place))
            return
        # Not a number, which counts the scores of a question that is written as a bare list.
        keyed = path[depth - 1 : depth] == ("questions",) and isinstance([*path, 0][depth + 1], str)
        node = _enter(node, part, value if key == path else None, keyed)
    source.places.replace(path, place)


def _enter(node: Any, part: str | int, value: Any, keyed_question: bool) -> Any:
    """Put the value, or go one step down; a missing table is made."""
    key: Any = part if isinstance(node, list) else str(part)
    below = named(node[key]) if isinstance(node, list) else node.get(key, {})
    if isinstance(node, dict):
        make_way(node, key)
    below = as_question(below) if keyed_question else below
    node[key] = below if value is None else value
    return node[key]


def _outside(path: KeyPath, length: int, place: Place) -> Problem:
    what = dotted(path[:-1])
    allowed = allowed_words(str(index) for index in range(length))
    return Problem(path, f"{what} has no item {str(path[-1])!r}. {allowed}", place)

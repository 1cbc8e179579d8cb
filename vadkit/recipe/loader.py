"""Reading a recipe's tables: the file, and what it extends."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vadkit.errors import RecipeError
from vadkit.recipe.diagnostics import KeyPath, Place, Places, Problem
from vadkit.recipe.line_numbers import key_lines
from vadkit.recipe.schema import Protocol
from vadkit.recipe.toml_tables import Table, absolute, anchor, make_way, pairs
from vadkit.registry.registry import Registry
from vadkit.utils.suggestions import did_you_mean

MOST_BYTES = 1_000_000
"""A larger file is no recipe."""


@dataclass
class Source:
    """A recipe's tables as they were written, not yet validated."""

    title: str
    table: Table = field(default_factory=dict)
    places: Places = field(default_factory=Places)
    problems: list[Problem] = field(default_factory=list)


TABLES = "tables"
"""The folder beside the shipped recipes that holds no recipes but grids of them."""


def shipped_recipes() -> dict[str, Path]:
    """Name, with its folder if any, -> file of every recipe that travels with vadkit."""
    folder = shipped_folder()
    files = [*sorted(folder.glob("*.toml")), *sorted(folder.glob("*/*.toml"))]
    names = {file.relative_to(folder).with_suffix("").as_posix(): file for file in files}
    return {name: file for name, file in names.items() if file.parent.name != TABLES}


def shipped_folder() -> Path:
    """Where the recipes are that travel with vadkit."""
    package = Path(__file__).parents[1]
    folder = package / "recipes"  # in a wheel; a checkout keeps them beside the package
    return folder if folder.is_dir() else package.parent / "recipes"


def find_recipe(name: str | Path, beside: Path | None = None) -> Path:
    """The file that a path, beside a folder or here, or the name of a shipped recipe means.

    Raises:
        RecipeError: There is no such file.
    """
    shipped = shipped_recipes()
    if str(name) in shipped:
        return shipped[str(name)]
    path = absolute(str(name), beside) if beside else Path(name)
    if path.is_dir() and (path / "recipe.toml").is_file():
        raise RecipeError(f"{path} is a run folder.", f"Its recipe is {path / 'recipe.toml'}.")
    if path.is_dir():
        raise RecipeError(f"{path} is a folder.", "Name a recipe file in it.")
    if not path.is_file():
        hint = f"{did_you_mean(path.stem, shipped)} Shipped recipes: {', '.join(shipped)}."
        raise RecipeError(f"There is no recipe {str(name)!r}.", hint.strip())
    return path


def read_source(name: str | Path, registry: Registry) -> Source:
    """Read a recipe and, beneath it, the one that it extends.

    Raises:
        RecipeError: A file is missing, too large, not UTF-8 or not TOML.
    """
    file = find_recipe(name)
    source = _read(file, registry)
    if "extends" not in source.table:
        return source
    base = _read_base(source.table.pop("extends"), file, registry)
    return _merged(base, source)


def _read_base(name: object, file: Path, registry: Registry) -> Source:
    base = _read(_extended(name, file.parent), registry)
    if "extends" in base.table:
        raise RecipeError(
            f"{file} extends {name}, which extends another recipe.", "Only one step is allowed."
        )
    return base


def _read(file: Path, registry: Registry) -> Source:
    source = read_tables(file)
    source.problems += anchor(source.table, file.parent, registry)
    try:
        extend_protocols(source.table.get("score"), file.parent)
    except RecipeError as error:
        raise RecipeError(f"{file}: {error.message}", error.hint) from error
    return source


def extend_protocols(score: Any, folder: Path) -> None:
    """Put what `[score]` and the tables under `also` extend beneath them.

    Raises:
        RecipeError: There is no such recipe, or its protocol is not whole.
    """
    also = score.get("also") if isinstance(score, dict) else None
    for protocol in (score, *(value for _, value in pairs(also))):
        if isinstance(protocol, dict) and "extends" in protocol:
            base = _protocol_of(protocol.pop("extends"), folder)
            merge(base, protocol, ())
            protocol.update(base)


def _protocol_of(name: object, folder: Path) -> Table:
    """The protocol of another recipe: its `[score]`, but for which heads score, and when."""
    base = read_tables(_extended(name, folder)).table
    score = base.get("score")
    if not isinstance(score, dict) or "extends" in base.keys() | score.keys():
        raise RecipeError(
            f"a protocol extends {name}, whose own is not whole.",
            "Name a recipe whose [score] extends nothing.",
        )
    return {key: value for key, value in score.items() if key in Protocol.model_fields}


def _extended(name: object, folder: Path) -> Path:
    if not isinstance(name, str):
        raise RecipeError(f"extends is {name!r:.60}, expected the name of one recipe.")
    return find_recipe(name, beside=folder)


def read_tables(file: Path, what: str = "recipe") -> Source:
    """Read a TOML file's tables, and where each of its keys stands; `what` is said to be in it.

    Raises:
        RecipeError: It cannot be read, is too large, not UTF-8 or not TOML.
    """
    text = _text(file, what)
    source = Source(title=str(file), table=_parsed(text, file, what))
    source.places.add((), Place(str(file)))
    for key, line in _lines(text).items():
        source.places.add(key, Place(str(file), line))
    return source


def _text(file: Path, what: str) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise RecipeError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"{file} is not UTF-8 text.", "Save it as UTF-8.") from error
    if len(data) > MOST_BYTES:
        raise RecipeError(f"{file} is larger than 1 MB.", f"That is no {what}.")
    return text.replace("\r\n", "\n")


def _parsed(text: str, file: Path, what: str) -> Table:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise RecipeError(f"{file} is nested too deeply to be a {what}.") from None
    except ValueError as error:
        match = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error), re.DOTALL)
        where, what = (f"{file}:{match[2]}", match[1]) if match else (str(file), str(error))
        raise RecipeError(f"{where}: not valid TOML: {what}.") from error


def _lines(text: str) -> dict[KeyPath, int]:
    try:
        return key_lines(text)
    except RecursionError:
        return {}


def _merged(base: Source, source: Source) -> Source:
    """Tables merge; everything else, lists too, replaces what the base says."""
    places = base.places
    for key, value in merge(base.table, source.table, ()):
        places.replace(key, source.places.find(key))
        for path in _paths(value, key):
            places.add(path, source.places.find(path))
    places.add((), source.places.find(()))
    return Source(source.title, base.table, places, base.problems + source.problems)


def merge(base: Table, table: Table, path: KeyPath) -> list[tuple[KeyPath, Any]]:
    """Put a table over another that stands at a key path: what was replaced, by key path."""
    replaced = []
    for key, value in table.items():
        make_way(base, key, given=table)
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            replaced += merge(base[key], value, (*path, key))
        else:
            base[key] = value
            replaced.append(((*path, key), value))
    return replaced


def _paths(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    for key, below in pairs(value):
        yield (*path, key)
        yield from _paths(below, (*path, key))

"""Reading a recipe's tables: the file, what it extends, and what the command line changes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_type_hints

from vadkit.cards import Card
from vadkit.errors import PluginError, RecipeError
from vadkit.hints import allowed_words, did_you_mean
from vadkit.plugins import Registry
from vadkit.problems import KeyPath, Place, Places, Problem, dotted
from vadkit.toml_lines import key_lines

MOST_BYTES = 1_000_000
"""A larger file is no recipe."""

Table = dict[str, Any]


@dataclass
class Source:
    """A recipe's tables as they were written, not yet validated."""

    title: str
    table: Table = field(default_factory=dict)
    places: Places = field(default_factory=Places)
    problems: list[Problem] = field(default_factory=list)


def shipped_recipes() -> dict[str, Path]:
    """Name -> file of every recipe that travels with vadkit."""
    package = Path(__file__).parent
    folder = package / "recipes"  # in a wheel; a checkout keeps them beside the package
    folder = folder if folder.is_dir() else package.parent / "recipes"
    return {file.stem: file for file in sorted(folder.glob("*.toml"))}


def find_recipe(name: str | Path, beside: Path | None = None) -> Path:
    """The file that a path, or the bare name of a shipped recipe, means.

    Args:
        name: As the user or `extends` wrote it.
        beside: Folder that a relative path starts from; the current one where not given.

    Raises:
        RecipeError: There is no such file.
    """
    shipped = shipped_recipes()
    if str(name) in shipped:
        return shipped[str(name)]
    path = _absolute(str(name), beside) if beside else Path(name)
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
    if not isinstance(name, str):
        raise RecipeError(f"{file}: extends is {name!r:.60}, expected the name of one recipe.")
    base = _read(find_recipe(name, beside=file.parent), registry)
    if "extends" in base.table:
        raise RecipeError(
            f"{file} extends {name}, which extends another recipe.", "Only one step is allowed."
        )
    return base


def _read(file: Path, registry: Registry) -> Source:
    text = _text(file)
    source = Source(title=str(file), table=_parsed(text, file))
    source.places.add((), Place(str(file)))
    for key, line in _lines(text).items():
        source.places.add(key, Place(str(file), line))
    _anchor(source, source.table, file.parent, registry)
    return source


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise RecipeError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"{file} is not UTF-8 text.", "Save it as UTF-8.") from error
    if len(data) > MOST_BYTES:
        raise RecipeError(f"{file} is larger than 1 MB.", "That is no recipe.")
    return text.replace("\r\n", "\n")


def _parsed(text: str, file: Path) -> Table:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise RecipeError(f"{file} is nested too deeply to be a recipe.") from None
    except ValueError as error:
        found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error), re.DOTALL)
        where, what = (f"{file}:{found[2]}", found[1]) if found else (str(file), str(error))
        raise RecipeError(f"{where}: not valid TOML: {what}.") from error


def _lines(text: str) -> dict[KeyPath, int]:
    try:
        return key_lines(text)
    except RecursionError:
        return {}


def _merged(base: Source, source: Source) -> Source:
    """Tables merge; everything else, lists too, replaces what the base says."""
    places = base.places
    for key, value in _merge(base.table, source.table, ()):
        places.replace(key, source.places.find(key))
        for path in _paths(value, key):
            places.add(path, source.places.find(path))
    places.add((), source.places.find(()))
    return Source(source.title, base.table, places, base.problems + source.problems)


def _merge(base: Table, table: Table, path: KeyPath) -> list[tuple[KeyPath, Any]]:
    replaced = []
    for key, value in table.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            replaced += _merge(base[key], value, (*path, key))
        else:
            base[key] = value
            replaced.append(((*path, key), value))
    return replaced


def _paths(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    for key, below in _pairs(value):
        yield (*path, key)
        yield from _paths(below, (*path, key))


def named(value: Any) -> Any:
    """A plugin given by its name alone, as a table."""
    return {"name": value} if isinstance(value, str) else value


def plugged(table: Table) -> Iterator[tuple[str, str, KeyPath, Table]]:
    """(kind, name, key path, table) of every table that names a plugin and holds its options."""
    places: list[tuple[str, str, KeyPath, list[tuple[str | int, Any]]]] = [
        ("dataset", "dataset", ("data",), _pairs(table.get("data"))),
        ("detector", "name", ("objects", "detectors"), _pairs(_get(table, "objects", "detectors"))),
        ("backbone", "name", (), [("backbone", table.get("backbone"))]),
        ("backbone", "name", ("backbones",), _pairs(table.get("backbones"))),
        ("teacher", "name", ("teachers",), _pairs(table.get("teachers"))),
    ]
    for kind, key, path, pairs in places:
        for part, value in pairs:
            if isinstance(value, dict) and isinstance(value.get(key), str):
                yield kind, value[key], (*path, part), value
    for name, value in _pairs(table.get("tasks")):
        if isinstance(value, dict):
            yield "task", str(name), ("tasks", name), value


def task_entries(table: Table) -> Iterator[tuple[KeyPath, str]]:
    """(key path, name) of every task in every phase."""
    for number, phase in _pairs(table.get("phase")):
        for index, entry in _pairs(phase.get("tasks") if isinstance(phase, dict) else None):
            task = named(entry)
            if isinstance(task, dict) and isinstance(task.get("name"), str):
                yield ("phase", number, "tasks", index), task["name"]


def _get(table: Table, first: str, second: str) -> Any:
    below = table.get(first)
    return below.get(second) if isinstance(below, dict) else None


def _pairs(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    return list(value.items()) if isinstance(value, dict) else []


def _anchor(source: Source, table: Table, folder: Path | None, registry: Registry) -> None:
    """Make every path absolute, starting from the folder of the file that names it."""
    for kind, name, key, options in plugged(table):
        for option in _path_options(kind, name, registry) & options.keys():
            value = options[option]
            if isinstance(value, str) and "://" in value:
                problem = Problem((*key, option), f"{value!r:.80} is a URL, expected a local path.")
                source.problems.append(problem)
            elif isinstance(value, str):
                options[option] = str(_absolute(value, folder))


def _absolute(path: str, folder: Path | None) -> Path:
    try:
        expanded = Path(path).expanduser()
    except (RuntimeError, ValueError):
        expanded = Path(path)  # no such user: the path is then reported as missing
    return Path(folder or Path.cwd(), expanded).absolute()


def _path_options(kind: str, name: str, registry: Registry) -> set[str]:
    own = {"path"} if kind == "dataset" else set()
    try:
        return own | _paths_of(registry.card(kind, name))
    except PluginError:
        return own  # reported with the other problems


def _paths_of(card: Card) -> set[str]:
    try:
        hints = get_type_hints(card.config)
    except Exception:  # a plugin's annotations may name what is not there
        return set()
    return {name for name, hint in hints.items() if hint is Path or Path in get_args(hint)}


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
    target = {"dataset": name, "path": str(_absolute(folder, None))}
    _put(source, ("data", "target"), target, place)


def bind_boxes(source: Source, path: Path | None) -> None:
    """Read the objects from boxes on disk instead of detecting them."""
    if path is not None:
        _put(source, ("objects", "detectors"), [file_boxes(path)], Place(f"--boxes {path}"))


def file_boxes(path: Path) -> Table:
    """The table of the detector that reads boxes from disk."""
    return {"name": "file", "path": str(_absolute(str(path), None))}


def apply_set(source: Source, text: str, registry: Registry) -> None:
    """`key.path=VALUE` puts a TOML value; what it means is validated with the rest."""
    place = Place(f"--set {text:.100}")
    key, mark, written = text.partition("=")
    path = tuple(_part(part) for part in key.strip().split("."))
    if not mark or "" in path:
        source.problems.append(Problem((), "expected key.path=VALUE.", place))
        return
    try:
        table = tomllib.loads(f"value = {written.strip()}")
    except (ValueError, RecursionError):
        table = {}
    if table.keys() != {"value"}:
        hint = f"""Quote a string: --set '{key.strip()}="{written.strip():.60}"'."""
        message = f"{written.strip()!r:.60} is not a TOML value. {hint}"
        source.problems.append(Problem(path, message, place))
        return
    _put(source, path, table["value"], place)
    _anchor(source, _only(source.table, path), None, registry)


def _part(part: str) -> str | int:
    return int(part) if re.fullmatch("[0-9]{1,6}", part) else part


def _only(table: Table, path: KeyPath) -> Table:
    """The part of the tables that a key path names; the rest is anchored already."""
    return {key: value for key, value in table.items() if key == path[0]}


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
        node = _enter(node, part, value if key == path else None)
    source.places.replace(path, place)


def _enter(node: Any, part: str | int, value: Any) -> Any:
    """Put the value, or go one step down; a missing table is made."""
    key: Any = part if isinstance(node, list) else str(part)
    known = named(node[key]) if isinstance(node, list) else node.get(key, {})
    node[key] = known if value is None else value
    return node[key]


def _outside(path: KeyPath, length: int, place: Place) -> Problem:
    what = dotted(path[:-1])
    allowed = allowed_words(str(index) for index in range(length))
    return Problem(path, f"{what} has no item {str(path[-1])!r}. {allowed}", place)

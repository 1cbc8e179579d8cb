"""Grid files: found, read and checked as strictly as recipes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vadkit.errors import RecipeError
from vadkit.recipe import shipped_recipes
from vadkit.recipe.diagnostics import Place, Problem, first_of, problems_error
from vadkit.recipe.loader import TABLES, Source, read_tables, shipped_folder
from vadkit.recipe.schema_errors import model_problems, without
from vadkit.recipe.toml_tables import absolute
from vadkit.registry.registry import Registry
from vadkit.sweep.schema import Grid, grid_problems
from vadkit.utils.suggestions import did_you_mean

_DEPTH = 4
"""Tables inside each other in a grid."""


@dataclass
class GridFile:
    """A grid, and where each of its keys was written."""

    grid: Grid
    source: Source
    registry: Registry
    """The plugins that its recipes' names mean."""
    folder: Path
    """Where its paths start from."""
    sets: tuple[str, ...]
    """`--set` of the command line, which all cells get last."""
    problems: list[Problem]
    """What is wrong with it, though it can be read."""

    @property
    def name(self) -> str:
        return Path(self.source.title).stem

    @property
    def text(self) -> str:
        """As it was written."""
        return Path(self.source.title).read_text("utf-8-sig")


def shipped_grids() -> dict[str, Path]:
    """Name -> file of every grid that travels with vadkit."""
    return {file.stem: file for file in sorted((shipped_folder() / TABLES).glob("*.toml"))}


def find_grid(name: str | Path) -> Path:
    """The file that a path, or the bare name of a shipped grid, means.

    Raises:
        RecipeError: There is no such file.
    """
    shipped, path = shipped_grids(), Path(name)
    if str(name) in shipped:
        return shipped[str(name)]
    if str(name) in shipped_recipes():
        raise RecipeError(f"{name} is a recipe, not a grid of them.", f"vadkit run {name} runs it.")
    if not path.is_file():
        names = f"Shipped grids: {', '.join(shipped) or 'none'}."
        hint = f"{did_you_mean(path.stem, shipped)} {names}".strip()
        raise RecipeError(f"There is no grid {str(name)!r}.", hint)
    return path


def read_grid(
    name: str | Path,
    registry: Registry,
    *,
    sets: Sequence[str] = (),
    data: Sequence[str] = (),
    seeds: str | None = None,
) -> GridFile:
    """Read a grid; what it says of recipes is checked when its cells are made.

    Args:
        name: A path, or the bare name of a shipped grid.
        registry: The plugins that its recipes' names mean.
        sets: `key.path=VALUE` for all cells.
        data: `NAME=DIR` for each data set that takes the place of the grid's own.
        seeds: Whole numbers with commas, instead of the grid's own.

    Raises:
        RecipeError: It cannot be read, or so much is wrong that no cell could be made.
    """
    file = find_grid(name)
    source = read_tables(file, "grid")
    if data:
        _bind(source, data)
    if seeds is not None:
        _seed(source, seeds)
    problems, steps = list(source.problems), list(source.table.get("step", ()))
    try:
        grid = _parsed(source.table)
    except ValidationError as error:
        problems += first_of(model_problems(error, Grid.model_json_schema()))
        grid = _rest(source, problems)
    broken = {problem.key[:2] for problem in problems if problem.key[2:3] == ("order",)}
    problems += [problem for problem in grid_problems(grid, steps) if problem.key[:2] not in broken]
    return GridFile(grid, source, registry, file.absolute().parent, tuple(sets), problems)


def _parsed(table: dict[str, Any]) -> Grid:
    return Grid.model_validate_json(json.dumps(table, default=str), strict=True)


def _rest(source: Source, problems: list[Problem]) -> Grid:
    """What is valid without what is wrong, so that it can be checked as well."""
    wrong = list(problems)
    for _ in range(_DEPTH):
        source.table = without(source.table, [_removable(problem) for problem in wrong])
        source.table.setdefault("title", "")  # that it is missing is told already
        try:
            return _parsed(source.table)
        except ValidationError as error:  # a table now lacks what it needs
            wrong = list(model_problems(error, Grid.model_json_schema()))
    raise problems_error(source.title, problems, source.places)


def _removable(problem: Problem) -> Problem:
    """The problem of a list, where it is one of its items: only keys can be left out."""
    key = problem.key
    while key and isinstance(key[-1], int):
        key = key[:-1]
    return replace(problem, key=key)


def _bind(source: Source, data: Sequence[str]) -> None:
    bindings = [text.partition("=") for text in data]
    place = Place(f"--data {' --data '.join(data)}")
    if not all(name and folder for name, _, folder in bindings):
        source.problems.append(Problem((), "expected NAME=DIR.", place))
        return
    source.table["dataset"] = [
        {"name": name, "data": {"target": {"dataset": name, "path": str(absolute(folder))}}}
        for name, _, folder in bindings
    ]
    source.places.replace(("dataset",), place)


def _seed(source: Source, seeds: str) -> None:
    place = Place(f"--seeds {seeds:.100}")
    try:
        source.table["seeds"] = [int(text) for text in seeds.split(",")]
    except ValueError:
        source.problems.append(Problem((), "expected whole numbers, such as 0,1,2.", place))
    source.places.replace(("seeds",), place)

"""The cells of a grid: a recipe for each row, mode, data set and seed, and which rows share one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

from vadkit.recipe import Recipe
from vadkit.recipe.diagnostics import Problem, first_of, problems_error
from vadkit.recipe.fingerprint import prefix_key
from vadkit.registry.registry import Registry
from vadkit.runs.names import safe_name, untaken
from vadkit.sweep.grid import GridFile
from vadkit.sweep.recipe_builder import Composer
from vadkit.sweep.schema import OWN, Grid, Row
from vadkit.utils.hashing import hash_of
from vadkit.utils.suggestions import allowed_words, did_you_mean

_ROOM = 40
"""Characters of a row's name that a folder's name has room for."""


@dataclass(frozen=True)
class Cell:
    """A run that the grid asks for."""

    name: str
    """Of its folder."""
    identity: str
    """Equal for two cells whose runs would be the same."""
    recipe: Recipe
    keys: tuple[str, ...]
    """What each phase's training is called; equal for two cells that share it."""


@dataclass(frozen=True)
class Entry:
    """A cell as a row shows it."""

    row: str
    mode: str
    dataset: str
    seed: int
    cell: Cell
    stages: tuple[str, ...]
    """Of each phase."""


@dataclass(frozen=True)
class _Kind:
    """A row in one mode on one data set, for all seeds."""

    row: str
    mode: str
    dataset: str
    recipe: Recipe

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(phase.stage for phase in self.recipe.phase)

    @cached_property
    def content(self) -> str:
        """Equal for kinds whose runs would be the same but for labels and threads."""
        dump = self.recipe.model_dump(mode="json", exclude={"seed": True, "threads": True})
        for phase in dump["phase"]:
            del phase["stage"]
        return hash_of({"mode": self.mode, "dataset": self.dataset, "recipe": dump})


def entries_of(
    file: GridFile, registry: Registry, known: Mapping[str, str] | None = None
) -> list[Entry]:
    """Every cell of every row; rows that ask for the same runs show the same cells.

    Args:
        file: The grid.
        registry: Where its plugins come from.
        known: Identity -> name of cells that have a folder already.

    Raises:
        ProblemsError: Every problem of the grid and of its recipes at once.
    """
    kinds, problems = _kinds(file, registry)
    every = [*file.problems, *problems]
    if every:
        raise problems_error(file.source.title, first_of(every), file.source.places)
    made = {kind.content: kind for kind in reversed(kinds)}  # the first row gives the name
    cells = _cells(made, file.grid.seeds, registry, known or {})
    return [
        Entry(kind.row, kind.mode, kind.dataset, seed, cells[kind.content, seed], kind.stages)
        for kind in kinds
        for seed in file.grid.seeds
    ]


def _kinds(file: GridFile, registry: Registry) -> tuple[list[_Kind], list[Problem]]:
    grid, composer = file.grid, Composer(file, registry)
    kinds: list[_Kind] = []
    found: dict[Problem, list[str]] = {}
    for number, row in enumerate(grid.row):
        if _cannot(file, number):
            continue
        for mode, dataset in product(grid.modes_of(row), range(len(grid.dataset)) or [None]):
            recipe, problems = composer.recipe(number, mode, dataset)
            if recipe:
                kinds.append(_kind(grid, row, mode, dataset, recipe))
                problems = list(_stage_problems(grid, number, kinds[-1]))
            for problem in problems:
                found.setdefault(problem, []).append(row.title)
    return kinds, [_with_rows(problem, rows, grid) for problem, rows in found.items()]


def _cannot(file: GridFile, number: int) -> bool:
    """Whether what is wrong with a row has been told already, or is wrong with its steps."""
    order = file.grid.row[number].order or ()
    lacks = any(step not in file.grid.step for part in order for step in part)
    own = [problem.key for problem in file.problems if problem.key[:2] == ("row", number)]
    return lacks or any(key[2:3] not in (("modes",), ("weights",)) for key in own)


def _kind(grid: Grid, row: Row, mode: str, dataset: int | None, recipe: Recipe) -> _Kind:
    own = recipe.data["target"].dataset
    name = own if dataset is None else grid.dataset[dataset].name
    return _Kind(row.title, mode, name, recipe)


def _stage_problems(grid: Grid, number: int, kind: _Kind) -> Iterator[Problem]:
    for stage in dict.fromkeys(kind.stages if kind.mode == OWN and grid.stages else ()):
        if stage not in grid.stages:
            hint = f"{did_you_mean(stage, grid.stages)} {allowed_words(grid.stages)}".strip()
            yield Problem(("row", number), f"its recipe has the stage {stage!r}. {hint}")


def _with_rows(problem: Problem, rows: Sequence[str], grid: Grid) -> Problem:
    """Say in which rows a recipe is wrong, where the place of the problem does not."""
    titles = list(dict.fromkeys(rows))
    if problem.key[:1] in (("row",), ("step",)) or len(titles) == len(grid.row):
        return problem
    return replace(problem, message=f"{problem.message} (row {', '.join(map(repr, titles))})")


def _cells(
    made: Mapping[str, _Kind], seeds: Sequence[int], registry: Registry, known: Mapping[str, str]
) -> dict[tuple[str, int], Cell]:
    """(Content, seed) -> cell, each with a name of its own."""
    wanted = {(content, seed): kind for content, kind in made.items() for seed in seeds}
    names = _names({_identity(*key): _label(of, key[1]) for key, of in wanted.items()}, known)
    keys = {content: _keys(kind.recipe, registry) for content, kind in made.items()}
    return {
        (content, seed): Cell(
            names[_identity(content, seed)],
            _identity(content, seed),
            kind.recipe.model_copy(update={"seed": seed}),
            tuple(f"{key}-{seed}" for key in keys[content]),
        )
        for (content, seed), kind in wanted.items()
    }


def _keys(recipe: Recipe, registry: Registry) -> list[str]:
    """What each phase's training is called, but for the seed."""
    seedless = recipe.model_copy(update={"seed": 0})
    return [prefix_key(seedless, registry, n) for n in range(1, len(recipe.phase) + 1)]


def _identity(content: str, seed: int) -> str:
    return f"{content}-{seed}"


def _label(kind: _Kind, seed: int) -> str:
    mode = [] if kind.mode == OWN else [kind.mode]
    parts = [safe_name(kind.row)[:_ROOM], *mode, kind.dataset, str(seed)]
    return ".".join(safe_name(part) for part in parts)


def _names(labels: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Identity -> name; what has a folder keeps it, though the grid was changed meanwhile."""
    unknown = {identity: of for identity, of in labels.items() if identity not in known}
    names, taken = {**known}, {name.casefold() for name in known.values()}
    for identity, label in unknown.items():
        names[identity] = untaken(label, taken)
        taken.add(names[identity].casefold())
    return names

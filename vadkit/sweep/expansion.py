"""The cells of a grid: a recipe for each row, mode, data set and seed, and which rows share one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

from vadkit.recipe import BoundRecipe, Recipe
from vadkit.recipe.diagnostics import Problem, first_of, problems_error
from vadkit.recipe.fingerprint import phase_key, recipe_facts
from vadkit.recipe.schema import TARGET
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
    bound: BoundRecipe
    keys: tuple[str, ...]
    """What each phase's training is called; equal for two cells that share it."""

    @property
    def recipe(self) -> Recipe:
        """The recipe's values."""
        return self.bound.recipe


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
    bound: BoundRecipe

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(phase.stage for phase in self.bound.recipe.phase)

    @cached_property
    def content(self) -> str:
        """Equal for kinds whose runs would be the same but for labels and threads."""
        facts = recipe_facts(self.bound.with_values(seed=0))
        return hash_of({"mode": self.mode, "dataset": self.dataset, "recipe": facts})


def entries_of(file: GridFile, folders: Mapping[str, str] | None = None) -> list[Entry]:
    """Every cell of every row; rows that ask for the same runs show the same cells.

    Args:
        file: The grid.
        folders: Identity -> name of cells that have a folder already.

    Raises:
        ProblemsError: Every problem of the grid and of its recipes at once.
    """
    kinds, problems = _kinds(file)
    all_problems = [*file.problems, *problems]
    if all_problems:
        raise problems_error(file.source.title, first_of(all_problems), file.source.places)
    by_content = {kind.content: kind for kind in reversed(kinds)}  # the first row gives the name
    cells = _cells(by_content, file.grid.seeds, folders or {})
    return [
        Entry(kind.row, kind.mode, kind.dataset, seed, cells[kind.content, seed], kind.stages)
        for kind in kinds
        for seed in file.grid.seeds
    ]


def _kinds(file: GridFile) -> tuple[list[_Kind], list[Problem]]:
    grid, composer = file.grid, Composer(file)
    kinds: list[_Kind] = []
    rows_by_problem: dict[Problem, list[str]] = {}
    for number, row in enumerate(grid.row):
        if _cannot(file, number):
            continue
        for mode, dataset in product(grid.modes_of(row), range(len(grid.dataset)) or [None]):
            bound, problems = composer.recipe(number, mode, dataset)
            if bound:
                kinds.append(_kind(grid, row, mode, dataset, bound))
                problems = list(_stage_problems(grid, number, kinds[-1]))
            for problem in problems:
                rows_by_problem.setdefault(problem, []).append(row.title)
    return kinds, [_with_rows(problem, rows, grid) for problem, rows in rows_by_problem.items()]


def _cannot(file: GridFile, number: int) -> bool:
    """Whether what is wrong with a row has been told already, or is wrong with its steps."""
    order = file.grid.row[number].order or ()
    lacks = any(step not in file.grid.step for part in order for step in part)
    keys = [problem.key for problem in file.problems if problem.key[:2] == ("row", number)]
    return lacks or any(key[2:3] not in (("modes",), ("weights",)) for key in keys)


def _kind(grid: Grid, row: Row, mode: str, dataset: int | None, bound: BoundRecipe) -> _Kind:
    name = bound.datasets[TARGET].name if dataset is None else grid.dataset[dataset].name
    return _Kind(row.title, mode, name, bound)


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
    by_content: Mapping[str, _Kind], seeds: Sequence[int], folders: Mapping[str, str]
) -> dict[tuple[str, int], Cell]:
    """(Content, seed) -> cell, each with a name of its own."""
    kinds = {(content, seed): kind for content, kind in by_content.items() for seed in seeds}
    names = _names({_identity(*key): _label(kind, key[1]) for key, kind in kinds.items()}, folders)
    keys = {content: _keys(kind.bound) for content, kind in by_content.items()}
    return {
        (content, seed): Cell(
            names[_identity(content, seed)],
            _identity(content, seed),
            kind.bound.with_values(seed=seed),
            tuple(f"{key}-{seed}" for key in keys[content]),
        )
        for (content, seed), kind in kinds.items()
    }


def _keys(bound: BoundRecipe) -> list[str]:
    """What each phase's training is called, but for the seed."""
    seedless = bound.with_values(seed=0)
    return [phase_key(seedless, n) for n in range(1, len(bound.recipe.phase) + 1)]


def _identity(content: str, seed: int) -> str:
    return f"{content}-{seed}"


def _label(kind: _Kind, seed: int) -> str:
    mode = [] if kind.mode == OWN else [kind.mode]
    parts = [safe_name(kind.row)[:_ROOM], *mode, kind.dataset, str(seed)]
    return ".".join(safe_name(part) for part in parts)


def _names(labels: Mapping[str, str], folders: Mapping[str, str]) -> dict[str, str]:
    """Identity -> name; what has a folder keeps it, though the grid was changed meanwhile."""
    unknown = {identity: label for identity, label in labels.items() if identity not in folders}
    names, taken = {**folders}, {name.casefold() for name in folders.values()}
    for identity, label in unknown.items():
        names[identity] = untaken(label, taken)
        taken.add(names[identity].casefold())
    return names

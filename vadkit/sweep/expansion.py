"""The cells of a grid: a recipe for each row, mode, data set and seed, and which rows share one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from vadkit.sweep.schema import OWN, Grid
from vadkit.utils.hashing import hash_of
from vadkit.utils.suggestions import suggested

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
class _Variant:
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
        """Equal for variants whose runs would be the same but for labels and threads."""
        facts = recipe_facts(self.bound.with_values(seed=0))
        return hash_of({"mode": self.mode, "dataset": self.dataset, "recipe": facts})

    def label(self, seed: int) -> str:
        """What a new folder is called, if no other is called so."""
        mode = [] if self.mode == OWN else [self.mode]
        parts = [safe_name(self.row)[:_ROOM], *mode, self.dataset, str(seed)]
        return ".".join(safe_name(part) for part in parts)


def entries_of(file: GridFile, folders: Mapping[str, str] | None = None) -> list[Entry]:
    """Every cell of every row; rows that ask for the same runs show the same cells.

    A cell that has a folder already keeps its name: `folders` has it by the identity.

    Raises:
        ProblemsError: Every problem of the grid and of its recipes at once.
    """
    variants, problems = _variants(file)
    all_problems = [*file.problems, *problems]
    if all_problems:
        raise problems_error(file.source.title, first_of(all_problems), file.source.places)
    cells = _cells(variants, file.grid.seeds, folders or {})
    return [
        Entry(each.row, each.mode, each.dataset, seed, cells[each.content, seed], each.stages)
        for each in variants
        for seed in file.grid.seeds
    ]


def _variants(file: GridFile) -> tuple[list[_Variant], list[Problem]]:
    grid, composer = file.grid, Composer(file)
    variants: list[_Variant] = []
    rows_by_problem: dict[Problem, dict[str, None]] = {}
    for number, row in enumerate(grid.row):
        if _is_told(file, number):
            continue
        for mode, dataset in product(grid.modes_of(row), range(len(grid.dataset)) or [None]):
            bound, problems = composer.recipe(number, mode, dataset)
            if bound:
                target = bound.datasets[TARGET].name
                name = target if dataset is None else grid.dataset[dataset].name
                variants.append(_Variant(row.title, mode, name, bound))
                problems = [
                    *_stage_problems(grid, number, variants[-1]),
                    *_reading_problems(grid, bound),
                ]
            for problem in problems:
                rows_by_problem.setdefault(problem, {})[row.title] = None
    return variants, [_with_rows(each, rows, grid) for each, rows in rows_by_problem.items()]


def _with_rows(problem: Problem, titles: Iterable[str], grid: Grid) -> Problem:
    """Say in which rows a recipe is wrong, where the place of the problem does not."""
    names = list(map(repr, titles))
    if problem.key[:1] in (("row",), ("step",)) or len(names) == len(grid.row):
        return problem
    return replace(problem, message=f"{problem.message} (row {', '.join(names)})")


def _is_told(file: GridFile, number: int) -> bool:
    """Whether what is wrong with a row has been told already, or is wrong with its steps."""
    order = file.grid.row[number].order or ()
    lacks = any(step not in file.grid.step for part in order for step in part)
    keys = [problem.key for problem in file.problems if problem.key[:2] == ("row", number)]
    return lacks or any(key[2:3] not in (("modes",), ("weights",)) for key in keys)


def _stage_problems(grid: Grid, number: int, variant: _Variant) -> Iterator[Problem]:
    for stage in dict.fromkeys(variant.stages if variant.mode == OWN and grid.stages else ()):
        if stage not in grid.stages:
            hint = suggested(stage, grid.stages)
            yield Problem(("row", number), f"its recipe has the stage {stage!r}. {hint}")


def _reading_problems(grid: Grid, bound: BoundRecipe) -> Iterator[Problem]:
    protocols = bound.recipe.score.also
    for index, reading in enumerate(grid.readings):
        if reading not in protocols:
            hint = suggested(reading, protocols) if protocols else "It has none."
            yield Problem(
                ("readings", index),
                f"the recipe has no protocol {reading!r} under score.also. {hint}",
            )


def _cells(
    variants: Sequence[_Variant], seeds: Sequence[int], folders: Mapping[str, str]
) -> dict[tuple[str, int], Cell]:
    """(Content, seed) -> cell; what has a folder keeps it, though the grid was changed."""
    cells: dict[tuple[str, int], Cell] = {}
    taken = {name.casefold() for name in folders.values()}
    by_content = {each.content: each for each in reversed(variants)}  # the first row gives the name
    for content, variant in by_content.items():
        seedless, phases = variant.bound.with_values(seed=0), len(variant.stages)
        keys = [phase_key(seedless, number) for number in range(1, phases + 1)]
        for seed in seeds:
            identity = f"{content}-{seed}"
            name = folders.get(identity) or untaken(variant.label(seed), taken)
            taken.add(name.casefold())
            bound = variant.bound.with_values(seed=seed)
            cell = Cell(name, identity, bound, tuple(f"{key}-{seed}" for key in keys))
            cells[content, seed] = cell
    return cells

"""Builds one recipe of a grid from the recipe that the grid starts from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vadkit.errors import RecipeError
from vadkit.recipe import BoundRecipe, compile_recipe, find_recipe
from vadkit.recipe.diagnostics import KeyPath, Problem, ProblemsError
from vadkit.recipe.loader import Source, read_source
from vadkit.recipe.overrides import apply_set, change, key_path
from vadkit.sweep.grid import GridFile
from vadkit.sweep.orders import phases
from vadkit.sweep.schema import OWN


@dataclass
class Composed:
    """A recipe in the making, and which of its keys are the grid's."""

    source: Source
    origins: dict[KeyPath, KeyPath | None] = field(default_factory=dict)
    """Key of the recipe -> key of the grid that says it; None: said on the command line."""


class Composer:
    """Makes the recipes of a grid; each that they start from is read once."""

    def __init__(self, file: GridFile) -> None:
        self._file, self._registry = file, file.registry
        self._bases: dict[Path, Source] = {}

    def recipe(
        self, number: int, mode: str, dataset: int | None
    ) -> tuple[BoundRecipe | None, list[Problem]]:
        """The recipe of one row, mode and data set, or what is wrong with it.

        Args:
            number: Of the row, from 0.
            mode: How it is trained.
            dataset: Number of the grid's data set; None: the recipe's own binding.
        """
        grid, row = self._file.grid, self._file.grid.row[number]
        try:
            composed = Composed(self._base(row.recipe or str(grid.recipe)))
        except RecipeError as error:
            key: KeyPath = ("row", number, "recipe") if row.recipe else ("recipe",)
            return None, [self._placed(Problem(key, str(error)))]
        if mode != OWN:
            self._order(composed, number, mode)
        self._data(composed, dataset)
        self._sets(composed, number, dataset)
        return self._checked(composed)

    def _base(self, name: str) -> Source:
        path = find_recipe(name, beside=self._file.folder)
        if path not in self._bases:
            self._bases[path] = read_source(path, self._registry)
        return deepcopy(self._bases[path])

    def _order(self, composed: Composed, number: int, mode: str) -> None:
        grid, steps = self._file.grid, self._file.source.table["step"]
        row_phases = phases(grid, steps, grid.row[number], mode)
        tables = [phase.table for phase in row_phases]
        self._change(composed, ("phase",), tables, ("row", number, "order"))
        for index, phase in enumerate(row_phases):
            for key, origin in phase.origins.items():
                composed.origins["phase", index, *key] = origin

    def _data(self, composed: Composed, dataset: int | None) -> None:
        if dataset is not None:
            key: KeyPath = ("dataset", dataset, "data")
            for role, value in self._table(key).items():
                self._change(composed, ("data", role), deepcopy(value), (*key, role))

    def _sets(self, composed: Composed, number: int, dataset: int | None) -> None:
        of_dataset: KeyPath = ("dataset", -1 if dataset is None else dataset, "set")
        for key in (("set",), of_dataset, ("row", number, "set")):
            for name, value in self._table(key).items():
                self._change(composed, key_path(name), deepcopy(value), (*key, name))
        for text in self._file.sets:
            apply_set(composed.source, text, self._registry)
            composed.origins[key_path(text.partition("=")[0].strip())] = None

    def _change(self, composed: Composed, path: KeyPath, value: Any, origin: KeyPath) -> None:
        place, folder = self._file.source.places.find(origin), self._file.folder
        change(composed.source, path, value, place, registry=self._registry, folder=folder)
        composed.origins = {
            k: source_key for k, source_key in composed.origins.items() if k[: len(path)] != path
        }
        composed.origins[path] = origin

    def _table(self, key: KeyPath) -> Mapping[str, Any]:
        """A table of the grid as it was written; empty where it is not there."""
        node: Any = self._file.source.table
        for part in key:
            inside = part in node if isinstance(node, dict) else 0 <= int(part) < len(node)
            node = node[part] if inside else {}
        return node

    def _checked(self, composed: Composed) -> tuple[BoundRecipe | None, list[Problem]]:
        try:
            return compile_recipe(composed.source, self._registry), []
        except ProblemsError as error:
            return None, list(self._translated(composed, error.problems))

    def _translated(self, composed: Composed, problems: tuple[Problem, ...]) -> Iterator[Problem]:
        """The problems at the keys of the grid that they come from."""
        for problem in problems:
            ends = range(len(problem.key), 0, -1)
            end = next((end for end in ends if problem.key[:end] in composed.origins), 0)
            origin = composed.origins.get(problem.key[:end])
            if origin is None or problem.place:
                place = problem.place or composed.source.places.find(problem.key)
                yield Problem(problem.key, problem.message, place, problem.plugin)
            else:
                key = (*origin, *problem.key[end:])
                yield self._placed(Problem(key, problem.message, plugin=problem.plugin))

    def _placed(self, problem: Problem) -> Problem:
        place = self._file.source.places.find(problem.key)
        return Problem(problem.key, problem.message, place, problem.plugin)

"""Builds one recipe of a grid from the recipe that the grid starts from."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vadkit.errors import RecipeError
from vadkit.recipe import BoundRecipe, compile_recipe, find_recipe
from vadkit.recipe.diagnostics import KeyPath, Problem, ProblemsError
from vadkit.recipe.loader import Source, read_source
from vadkit.recipe.overrides import apply_set, change, key_path
from vadkit.recipe.toml_tables import Table
from vadkit.sweep.grid import GridFile
from vadkit.sweep.orders import phases
from vadkit.sweep.schema import OWN


@dataclass
class _Composed:
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

        Row and data set are numbers, from 0; without the latter the recipe's own binding holds.
        """
        grid, row = self._file.grid, self._file.grid.row[number]
        try:
            composed = _Composed(self._base(row.recipe or str(grid.recipe)))
        except RecipeError as error:
            origin: KeyPath = ("row", number, "recipe") if row.recipe else ("recipe",)
            return None, [Problem(origin, str(error), self._file.source.places.find(origin))]
        if mode != OWN:
            self._order(composed, number, mode)
        written = self._file.source.table
        binding: Table = {} if dataset is None else written["dataset"][dataset]
        for role, value in binding.get("data", {}).items():
            self._change(composed, ("data", role), value, ("dataset", dataset or 0, "data", role))
        changes: dict[KeyPath, Table] = {
            ("set",): written.get("set", {}),
            ("dataset", dataset or 0, "set"): binding.get("set", {}),
            ("row", number, "set"): written["row"][number].get("set", {}),
        }
        for key, table in changes.items():
            for name, value in table.items():
                self._change(composed, key_path(name), value, (*key, name))
        for text in self._file.sets:
            apply_set(composed.source, text, self._registry)
            composed.origins[key_path(text.partition("=")[0].strip())] = None
        try:
            return compile_recipe(composed.source, self._registry), []
        except ProblemsError as error:
            return None, [self._translated(composed, problem) for problem in error.problems]

    def _base(self, name: str) -> Source:
        path = find_recipe(name, beside=self._file.folder)
        if path not in self._bases:
            self._bases[path] = read_source(path, self._registry)
        return deepcopy(self._bases[path])

    def _order(self, composed: _Composed, number: int, mode: str) -> None:
        grid, steps = self._file.grid, self._file.source.table["step"]
        row_phases = phases(grid, steps, grid.row[number], mode)
        tables = [phase.table for phase in row_phases]
        self._change(composed, ("phase",), tables, ("row", number, "order"))
        for index, phase in enumerate(row_phases):
            for key, origin in phase.origins.items():
                composed.origins["phase", index, *key] = origin

    def _change(self, composed: _Composed, path: KeyPath, value: Any, origin: KeyPath) -> None:
        place, folder = self._file.source.places.find(origin), self._file.folder
        value = deepcopy(value)
        change(composed.source, path, value, place, registry=self._registry, folder=folder)
        above = {k: v for k, v in composed.origins.items() if k[: len(path)] != path}
        composed.origins = {**above, path: origin}

    def _translated(self, composed: _Composed, problem: Problem) -> Problem:
        """The problem at the key of the grid that it comes from."""
        ends = range(len(problem.key), 0, -1)
        end = next((end for end in ends if problem.key[:end] in composed.origins), 0)
        origin = composed.origins.get(problem.key[:end])
        if origin is None or problem.place:
            place = problem.place or composed.source.places.find(problem.key)
            return replace(problem, place=place)
        key = (*origin, *problem.key[end:])
        return replace(problem, key=key, place=self._file.source.places.find(key))

"""Builds one recipe of a grid: phases of an order's steps, in the recipe that it starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vadkit.errors import RecipeError
from vadkit.recipe import BoundRecipe, compile_recipe, find_recipe
from vadkit.recipe.diagnostics import KeyPath, Problem, ProblemsError
from vadkit.recipe.loader import Source, read_source
from vadkit.recipe.overrides import apply_set, change, key_path
from vadkit.recipe.toml_tables import Table, named
from vadkit.sweep.grid import GridFile
from vadkit.sweep.schema import ALL, OWN, OWN_KEYS, Grid, Row


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
            composed.origins[apply_set(composed.source, text, self._registry)] = None
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
        row_phases = _phases(grid, steps, grid.row[number], mode)
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


@dataclass
class _PhaseOfSteps:
    """A phase that was made of steps."""

    table: Table
    """As a recipe has it."""
    origins: dict[KeyPath, KeyPath]
    """Key below the phase -> key of the grid that says so."""


def _phases(grid: Grid, steps: Mapping[str, Table], row: Row, mode: str) -> list[_PhaseOfSteps]:
    """The phases of a row."""
    order = [(grid.stage(i), name) for i, part in enumerate(row.order or ()) for name in part]
    if mode == "progressive":
        return [_alone(steps[name], stage, name) for stage, name in order]
    names = [name for _, name in order]
    if mode == "cumulative":
        return [
            _together(steps, list(dict.fromkeys(names[: k + 1])), stage, steps[name])
            for k, (stage, name) in enumerate(order)
        ]
    # So many epochs that each task sees its data as often as in a phase of its own.
    length: Table = {"epochs": max(steps[name]["epochs"] for name in names)}
    if all("steps" in steps[name] for name in names):
        length["steps"] = max(steps[name]["steps"] for name in names)
    ordered = [name for name in steps if name in names]  # so that all orders give one phase
    return [_together(steps, ordered, ALL, length, row.weights)]


def _alone(step: Table, stage: str, name: str) -> _PhaseOfSteps:
    table = {"stage": stage, **{k: v for k, v in step.items() if k != "together"}}
    return _PhaseOfSteps(table, {(): ("step", name)})


def _together(
    steps: Mapping[str, Table],
    names: Sequence[str],
    stage: str,
    length: Table,
    weights: Mapping[str, float] | None = None,
) -> _PhaseOfSteps:
    """One phase of the tasks of several steps, as long as `length` says."""
    shared = {k: v for name in names for k, v in steps[name].items() if k not in OWN_KEYS}
    tasks: list[Table] = []
    origins: dict[KeyPath, KeyPath] = {(): ("step", names[-1])}
    for name in names:
        key = "together" if "together" in steps[name] else "tasks"
        for index, entry in enumerate(steps[name][key]):
            origins["tasks", len(tasks)] = ("step", name, key, index)
            task = dict(named(entry))
            weight = task.get("weight", 1.0) * (weights or {}).get(name, 1.0)
            tasks.append({**task, "weight": weight})
    table = {"stage": stage, "tasks": tasks, "epochs": length["epochs"], **shared}
    capped = {"steps": length["steps"]} if "steps" in length else {}
    return _PhaseOfSteps({**table, **capped}, origins)

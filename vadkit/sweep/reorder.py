"""Reorders the tasks of a recipe's phases; its kind of curriculum stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any, Literal

from vadkit.errors import RecipeError
from vadkit.recipe import Recipe
from vadkit.recipe.toml_tables import Table, named

Kind = Literal["progressive", "cumulative"]


def kind_of(recipe: Recipe) -> Kind:
    """Whether each phase has one task of its own, or all that came before and one more.

    Raises:
        RecipeError: Neither, so that there is no order of tasks to change.
    """
    phases = [[entry.name for entry in phase.tasks] for phase in recipe.phase]
    tasks = [name for names in phases for name in names]
    if len(phases) > 1 and len(tasks) == len(phases) == len({*tasks}):
        return "progressive"
    grows = all({*before} < {*after} for before, after in pairwise(phases))
    sizes = [len(names) for names in phases]
    if len(phases) > 1 and grows and sizes == list(range(1, len(phases) + 1)):
        return "cumulative"
    raise RecipeError(
        "The recipe has no order of tasks: its phases have neither one task each nor take up one "
        "more each.",
        "recipes/sota.toml is of the first kind, recipes/sequential.toml of the second.",
    )


def reordered(table: Table, kind: Kind, order: Sequence[str]) -> Table:
    """The recipe's tables, which stay as they are, with the phases in the order of the tasks."""
    phases = deepcopy(table["phase"])
    reorder = _progressive if kind == "progressive" else _cumulative
    return {**table, "phase": list(reorder(phases, order))}


def _progressive(phases: list[Table], order: Sequence[str]) -> list[Table]:
    """Phases go with their tasks; how gently they treat the backbone stays with the place.

    A small factor keeps what came before, and before the first phase nothing did. A negative one is
    a matter of the task.
    """
    entries = [named(phase["tasks"][0]) for phase in phases]
    by_task = dict(zip((entry["name"] for entry in entries), phases, strict=True))
    factors = [entry.get("backbone_lr") for entry in entries if entry.get("backbone_lr", 1) > 0]
    moved = [by_task[task] for task in order]
    for phase in moved:
        entry = {**named(phase["tasks"][0])}
        if entry.pop("backbone_lr", 1) > 0:
            factor = factors.pop(0)
            entry |= {} if factor is None else {"backbone_lr": factor}
            phase["tasks"] = [entry if len(entry) > 1 else entry["name"]]
    return moved


def _cumulative(phases: list[Table], order: Sequence[str]) -> Iterator[Table]:
    """Places keep how long they train; each takes up the next task."""
    firsts: dict[str, Any] = {}
    for entry in (entry for phase in phases for entry in phase["tasks"]):
        firsts.setdefault(named(entry)["name"], entry)
    for number, phase in enumerate(phases, start=1):
        entries = {named(entry)["name"]: entry for entry in phase["tasks"]}
        tasks = order[:number]
        stage = phase["stage"] if {*tasks} == {*entries} else ", ".join(tasks)
        yield {**phase, "stage": stage, "tasks": [entries.get(t, firsts[t]) for t in tasks]}

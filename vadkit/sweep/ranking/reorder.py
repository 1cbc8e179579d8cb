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
    """The recipe's tables with its phases in another order.

    Args:
        table: As it was written; left as it is.
        kind: Of curriculum.
        order: Every task, the first one first.
    """
    phases = deepcopy(table["phase"])
    phases_reordered = (
        _progressive(phases, order) if kind == "progressive" else _cumulative(phases, order)
    )
    return {**table, "phase": list(phases_reordered)}


def _progressive(phases: list[Table], order: Sequence[str]) -> list[Table]:
    """Phases go with their tasks; how gently they treat the backbone stays with the place.

    A small factor keeps what came before, and before the first phase nothing did. A negative one is
    a matter of the task.
    """
    by_task = {_entry(phase)["name"]: phase for phase in phases}
    moved = [by_task[task] for task in order]
    factors = iter([_entry(phase).get("backbone_lr") for phase in phases if _movable(phase)])
    for phase in [phase for phase in moved if _movable(phase)]:
        factor = next(factors)
        entry = {key: value for key, value in _entry(phase).items() if key != "backbone_lr"}
        phase["tasks"] = [_short(entry if factor is None else {**entry, "backbone_lr": factor})]
    return moved


def _movable(phase: Table) -> bool:
    return bool(_entry(phase).get("backbone_lr", 1) > 0)


def _entry(phase: Table) -> Table:
    entry: Table = named(phase["tasks"][0])
    return entry


def _short(entry: Table) -> Any:
    return entry["name"] if entry.keys() == {"name"} else entry


def _cumulative(phases: list[Table], order: Sequence[str]) -> Iterator[Table]:
    """Places keep how long they train; each takes up the next task."""
    firsts: dict[str, Any] = {}
    for entry in (entry for phase in phases for entry in phase["tasks"]):
        firsts.setdefault(named(entry)["name"], entry)
    for number, phase in enumerate(phases, start=1):
        entries = {named(entry)["name"]: entry for entry in phase["tasks"]}
        tasks = order[:number]
        stage = phase["stage"] if {*tasks} == {*entries} else ", ".join(tasks)
        yield {
            **phase,
            "stage": stage,
            "tasks": [entries.get(task, firsts[task]) for task in tasks],
        }

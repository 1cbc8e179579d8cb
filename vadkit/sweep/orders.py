"""From an order of steps to phases: sequential, cumulative or joint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vadkit.recipe.diagnostics import KeyPath
from vadkit.recipe.toml_tables import Table, named
from vadkit.sweep.schema import Grid, Row

ALL = "simultaneous"
"""The stage of a phase that is all there is."""
OWN_KEYS = {"stage", "tasks", "together", "epochs", "steps"}
"""Keys of a step that are put together; the others have to agree."""


@dataclass
class Made:
    """A phase that was made of steps."""

    table: Table
    """As a recipe has it."""
    origins: dict[KeyPath, KeyPath]
    """Key below the phase -> key of the grid that says so."""


def phases(grid: Grid, steps: Mapping[str, Table], row: Row, mode: str) -> list[Made]:
    """The phases of a row.

    Args:
        grid: Names the stages.
        steps: The grid's steps as they were written.
        row: One with an order.
        mode: How it is trained.
    """
    order = [(grid.stage(i), step) for i, part in enumerate(row.order or ()) for step in part]
    if mode == "progressive":
        return [_alone(steps[step], stage, step) for stage, step in order]
    names = [step for _, step in order]
    if mode == "cumulative":
        return [
            _together(steps, _unlike(names[: k + 1]), stage, steps[step])
            for k, (stage, step) in enumerate(order)
        ]
    ordered = [step for step in steps if step in names]  # so that all orders give one phase
    return [_together(steps, ordered, ALL, _longest([steps[n] for n in ordered]), row.weights)]


def _alone(step: Table, stage: str, name: str) -> Made:
    table = {"stage": stage, **{k: v for k, v in step.items() if k != "together"}}
    return Made(table, {(): ("step", name)})


def _unlike(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _longest(steps: Sequence[Table]) -> Table:
    """So many epochs that each task sees its data as often as in a phase of its own."""
    caps = [step["steps"] for step in steps if "steps" in step]
    capped = {"steps": max(caps)} if len(caps) == len(steps) else {}
    return {"epochs": max(step["epochs"] for step in steps), **capped}


def _together(
    steps: Mapping[str, Table],
    names: Sequence[str],
    stage: str,
    length: Table,
    weights: Mapping[str, float] | None = None,
) -> Made:
    shared = {k: v for name in names for k, v in steps[name].items() if k not in OWN_KEYS}
    tasks: list[Table] = []
    origins: dict[KeyPath, KeyPath] = {(): ("step", names[-1])}
    for name in names:
        key = "together" if "together" in steps[name] else "tasks"
        for index, entry in enumerate(steps[name][key]):
            origins["tasks", len(tasks)] = ("step", name, key, index)
            tasks.append(_weighted(entry, (weights or {}).get(name, 1.0)))
    table = {"stage": stage, "tasks": tasks, "epochs": length["epochs"], **shared}
    capped = {"steps": length["steps"]} if "steps" in length else {}
    return Made({**table, **capped}, origins)


def _weighted(entry: Any, weight: float) -> Table:
    table = dict(named(entry))
    return {**table, "weight": table.get("weight", 1.0) * weight}

"""From an order of steps to phases: sequential, cumulative or joint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vadkit.recipe.diagnostics import KeyPath
from vadkit.recipe.toml_tables import Table, named
from vadkit.sweep.schema import Grid, Row

ALL = "simultaneous"
"""The stage of a phase that is all there is."""
OWN_KEYS = {"stage", "tasks", "together", "epochs", "steps"}
"""Keys of a step that are put together; the others have to agree."""


@dataclass
class PhaseOfSteps:
    """A phase that was made of steps."""

    table: Table
    """As a recipe has it."""
    origins: dict[KeyPath, KeyPath]
    """Key below the phase -> key of the grid that says so."""


def phases(grid: Grid, steps: Mapping[str, Table], row: Row, mode: str) -> list[PhaseOfSteps]:
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


def _alone(step: Table, stage: str, name: str) -> PhaseOfSteps:
    table = {"stage": stage, **{k: v for k, v in step.items() if k != "together"}}
    return PhaseOfSteps(table, {(): ("step", name)})


def _together(
    steps: Mapping[str, Table],
    names: Sequence[str],
    stage: str,
    length: Table,
    weights: Mapping[str, float] | None = None,
) -> PhaseOfSteps:
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
    return PhaseOfSteps({**table, **capped}, origins)

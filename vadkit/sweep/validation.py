"""Validation of a grid whose keys and types are right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vadkit.metrics.figures import all_figures
from vadkit.recipe.diagnostics import KeyPath, Problem
from vadkit.utils.suggestions import allowed_words, did_you_mean

if TYPE_CHECKING:
    from vadkit.sweep.schema import Grid, Row

_WHOLE = {"data", "objects", "frames", "optim", "score", "tasks", "teachers", "backbones"}
"""Tables of a recipe that nobody means to replace."""


def grid_problems(grid: Grid, steps: Iterable[str]) -> Iterator[Problem]:
    """Names that are not there or there twice, and keys that mean nothing where they are."""
    for index, name in enumerate(grid.figures):
        yield from _known(name, all_figures(), ("figures", index), "figure")
    yield from _twice({("seeds", i): str(seed) for i, seed in enumerate(grid.seeds)})
    yield from _twice({("dataset", i, "name"): each.name for i, each in enumerate(grid.dataset)})
    yield from _twice({("row", i): row.title for i, row in enumerate(grid.row)})
    yield from _set(("set",), grid.set)
    for number, dataset in enumerate(grid.dataset):
        yield from _set(("dataset", number, "set"), dataset.set)
    for number, row in enumerate(grid.row):
        yield from _set(("row", number, "set"), row.set)
        yield from _row(grid, row, ("row", number))
        yield from _steps(row, list(steps), ("row", number))


def _known(name: str, allowed: Iterable[str], key: KeyPath, what: str) -> Iterator[Problem]:
    names = list(allowed)
    if name not in names:
        hint = f"{did_you_mean(name, names)} {allowed_words(names)}".strip()
        yield Problem(key, f"no {what} {name!r}. {hint}")


def _twice(names: Mapping[KeyPath, str]) -> Iterator[Problem]:
    for index, (key, name) in enumerate(names.items()):
        if name in list(names.values())[:index]:
            hint = " Give it a name." if key[0] == "row" else ""
            yield Problem(key, f"{name!r} is there twice.{hint}")


def _set(key: KeyPath, table: Mapping[str, Any]) -> Iterator[Problem]:
    for name, value in table.items():
        if name == "seed":
            yield Problem((*key, name), "seeds are what the grid's `seeds` says.")
        elif name in _WHOLE and isinstance(value, dict):
            inner = next(iter(value), "KEY")
            yield Problem((*key, name), f'write the whole key in quotes: "{name}.{inner}".')


def _row(grid: Grid, row: Row, key: KeyPath) -> Iterator[Problem]:
    if not (row.recipe or grid.recipe):
        yield Problem(key, "has no `recipe`, nor has the grid.")
    if row.order is None:
        for name in ("weights", "modes"):
            if getattr(row, name):
                yield Problem((*key, name), "means nothing without an `order`.")
        return
    if not any(row.order):
        yield Problem((*key, "order"), "has no step.")
    if grid.stages and len(row.order) > len(grid.stages):
        message = f"has {len(row.order)} stages, and `stages` names {len(grid.stages)}."
        yield Problem((*key, "order"), message)
    yield from _disagreements(grid, row, (*key, "order"))


def _steps(row: Row, names: Sequence[str], key: KeyPath) -> Iterator[Problem]:
    for i, steps in enumerate(row.order or ()):
        for j, step in enumerate(steps):
            yield from _known(step, names, (*key, "order", i, j), "step")
    ordered = [step for steps in row.order or () for step in steps]
    for name in row.weights if row.order else ():
        yield from _known(name, ordered, (*key, "weights", name), "step of this order")


def _disagreements(grid: Grid, row: Row, key: KeyPath) -> Iterator[Problem]:
    """Keys that steps say differently which are trained together."""
    from vadkit.sweep.orders import OWN_KEYS

    names = dict.fromkeys(step for part in row.order or () for step in part)
    steps = [grid.step[name] for name in names if name in grid.step]
    if set(grid.modes_of(row)) == {"progressive"} or not steps:
        return
    for name in type(steps[0]).model_fields.keys() - OWN_KEYS:
        if any(getattr(step, name) != getattr(steps[0], name) for step in steps):
            message = f"its steps differ in {name!r}, and what is trained at once can have but one."
            yield Problem(key, message)

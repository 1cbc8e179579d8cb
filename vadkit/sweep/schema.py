"""The tables of a grid file as values, and what can be wrong with these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from vadkit.metrics.figures import all_figures
from vadkit.recipe import Phase
from vadkit.recipe.diagnostics import KeyPath, Problem
from vadkit.recipe.schema import DataSource, NamedTask, Strict
from vadkit.utils.suggestions import suggested

Mode = Literal["progressive", "cumulative", "simultaneous"]
OWN = "recipe"
"""The mode of a row without an order: its recipe's own phases, as they are."""
ALL = "simultaneous"
"""The mode that trains everything at once, and the stage of its only phase."""
NO_STEP = "\N{EN DASH}"
"""How an order shows a stage without a step, as the papers do."""
OWN_KEYS = {"stage", "tasks", "together", "epochs", "steps"}
"""Keys of a step that are put together; the others have to agree."""
_WHOLE = {"data", "objects", "frames", "optim", "score", "tasks", "teachers", "backbones"}
"""Tables of a recipe that nobody means to replace."""


def _some(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values:
        raise ValueError("name at least one")
    return values  # what `min_length` says where an item is wrong, too, would be misleading


Modes = Annotated[tuple[Mode, ...], AfterValidator(_some)]
Seeds = Annotated[tuple[Annotated[int, Field(ge=0, lt=2**63)], ...], AfterValidator(_some)]


def _no_stage(_: str) -> str:
    raise ValueError("a step has no stage: its place in an order says it")


class Step(Phase):
    """What one name in an order stands for: a phase, without its stage."""

    stage: Annotated[str, AfterValidator(_no_stage)] = ""
    together: Annotated[tuple[NamedTask, ...], Field(min_length=1)] | None = None
    """Its tasks where they are trained with those of other steps; as alone where not given."""


class Dataset(Strict):
    """What the data roles are bound to."""

    name: str
    data: dict[str, DataSource] = Field(default_factory=dict)
    """The roles that are not bound as in the recipe."""
    set: dict[str, Any] = Field(default_factory=dict)


class Row(Strict):
    """A line of the table."""

    name: str | None = None
    """Made of the order where not given."""
    order: tuple[tuple[str, ...], ...] | None = None
    """Stage -> its steps, one after another; the recipe's own phases where not given."""
    weights: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Step -> how much its losses count where all are trained at once."""
    modes: Modes | None = None
    recipe: str | None = None
    set: dict[str, Any] = Field(default_factory=dict)

    @property
    def title(self) -> str:
        """Its name, or its order: stages by arrows, steps of a stage by hyphens."""
        stages = ["-".join(steps) or NO_STEP for steps in self.order or ()]
        return self.name or " → ".join(stages) or str(self.recipe)


class Grid(Strict):
    """Rows x modes x data sets x seeds."""

    title: str
    recipe: str | None = None
    """What every cell starts from."""
    seeds: Seeds = (0,)
    modes: Modes = ("progressive", "simultaneous")
    figures: Annotated[tuple[str, ...], Field(min_length=1)] = ("micro AUC",)
    """What the table shows; the first is drawn."""
    readings: tuple[str, ...] = ()
    """Further protocols of the recipes (`score.also`), whose figures are rows beside the main."""
    stages: tuple[str, ...] = ()
    """Heads of the columns; numbers, or the recipes' stages, where not given."""
    set: dict[str, Any] = Field(default_factory=dict)
    step: dict[str, Step] = Field(default_factory=dict)
    dataset: tuple[Dataset, ...] = ()
    row: Annotated[tuple[Row, ...], Field(min_length=1)]

    def modes_of(self, row: Row) -> tuple[str, ...]:
        """How a row is trained."""
        return (row.modes or self.modes) if row.order is not None else (OWN,)

    def stage(self, index: int) -> str:
        """The name of an order's stage, from 0."""
        return self.stages[index] if index < len(self.stages) else str(index + 1)


def grid_problems(grid: Grid, steps: Iterable[str]) -> Iterator[Problem]:
    """Names that are not there or there twice, and keys that mean nothing where they are."""
    for index, name in enumerate(grid.figures):
        yield from _unknown(name, all_figures(), ("figures", index), "figure")
    yield from _twice({("seeds", i): str(seed) for i, seed in enumerate(grid.seeds)})
    yield from _twice({("readings", i): name for i, name in enumerate(grid.readings)})
    yield from _twice({("dataset", i, "name"): each.name for i, each in enumerate(grid.dataset)})
    yield from _twice({("row", i): row.title for i, row in enumerate(grid.row)})
    yield from _set(("set",), grid.set)
    for number, dataset in enumerate(grid.dataset):
        yield from _set(("dataset", number, "set"), dataset.set)
    for number, row in enumerate(grid.row):
        yield from _set(("row", number, "set"), row.set)
        yield from _row(grid, row, ("row", number))
        yield from _steps(row, list(steps), ("row", number))


def _unknown(name: str, allowed: Iterable[str], key: KeyPath, what: str) -> Iterator[Problem]:
    names = list(allowed)
    if name not in names:
        hint = suggested(name, names)
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
            yield from _unknown(step, names, (*key, "order", i, j), "step")
    ordered = [step for steps in row.order or () for step in steps]
    for name in row.weights if row.order else ():
        yield from _unknown(name, ordered, (*key, "weights", name), "step of this order")


def _disagreements(grid: Grid, row: Row, key: KeyPath) -> Iterator[Problem]:
    """Keys that steps say differently which are trained together."""
    names = dict.fromkeys(step for part in row.order or () for step in part)
    steps = [grid.step[name] for name in names if name in grid.step]
    if set(grid.modes_of(row)) == {"progressive"} or not steps:
        return
    for name in type(steps[0]).model_fields.keys() - OWN_KEYS:
        if any(getattr(step, name) != getattr(steps[0], name) for step in steps):
            message = f"its steps differ in {name!r}, and what is trained at once can have but one."
            yield Problem(key, message)

"""The tables of a grid file as values."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from vadkit.recipe import DataSource, Phase
from vadkit.recipe.schema import NamedTask, Strict

Mode = Literal["progressive", "cumulative", "simultaneous"]
OWN = "recipe"
"""The mode of a row without an order: its recipe's own phases, as they are."""


NO_STEP = "\N{EN DASH}"
"""How an order shows a stage without a step, as the papers do."""


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

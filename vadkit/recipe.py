"""The recipe: a curriculum, and the data bound to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from vadkit.cards import BoxRules
from vadkit.plugins import Registry, load_plugins
from vadkit.problems import Problem, raise_problems
from vadkit.recipe_check import (
    binding_problems,
    completed,
    model_problems,
    name_problems,
    without,
)
from vadkit.recipe_source import (
    Source,
    apply_set,
    bind_boxes,
    bind_data,
    file_boxes,
    named,
    read_source,
)


def _odd(window: int) -> int:
    if window % 2 == 0:
        raise ValueError("a window must be odd, so that it has a middle")
    return window


class Strict(BaseModel):
    """A table that takes no unknown key."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Plugged(BaseModel):
    """A table that names a plugin; its other keys are the options of that plugin's card."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})


class DataSource(Plugged):
    """What a data role is bound to."""

    dataset: str
    path: Path | None = None
    every: Annotated[int, Field(ge=1)] = 1
    """Take every so-manieth frame of a training video."""


class DetectorSource(Plugged):
    name: str


NamedDetector = Annotated[
    DetectorSource, BeforeValidator(named, json_schema_input_type=str | DetectorSource)
]
"""A table, or the name alone."""


def file_detector(path: Path) -> DetectorSource:
    """The detector that reads boxes from a file or folder."""
    return DetectorSource.model_validate(file_boxes(path))


class TeacherSource(Plugged):
    name: str


class BackboneSource(Plugged):
    name: str = "unet"


class Objects(Strict):
    """How objects are found and cut out."""

    detectors: tuple[NamedDetector, ...] = (DetectorSource(name="motion"),)
    size: Annotated[int, Field(ge=8)] = 48
    """Side S of a cube in pixels."""
    rules: BoxRules | None = None
    """Which boxes count; the data set's own rules where not given."""


class Frames(Strict):
    """How whole frames are read."""

    size: tuple[int, int] = (128, 128)
    """Height and width."""


class Optim(Strict):
    name: Literal["adamw", "adam", "sgd"] = "adamw"
    lr: Annotated[float, Field(gt=0)] = 3e-4
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    batch: Annotated[int, Field(ge=1)] = 128
    schedule: Literal["constant", "cosine", "step"] = "cosine"
    step_epochs: Annotated[int, Field(ge=1)] = 10
    gamma: Annotated[float, Field(gt=0)] = 0.5


class TaskEntry(Strict):
    """A task in a phase."""

    name: str
    weight: Annotated[float, Field(gt=0)] = 1.0
    from_epoch: Annotated[int, Field(ge=1)] = 1
    """The epoch, from 1, in which it joins."""
    backbone_lr: float | None = None
    """Factor on the backbone's rate; the card's where not given."""
    backbone: str = "main"
    """Which of the recipe's backbones it uses."""


NamedTask = Annotated[TaskEntry, BeforeValidator(named, json_schema_input_type=str | TaskEntry)]
"""A table, or the name alone."""


class Phase(Strict):
    """Tasks that are trained together."""

    stage: str
    tasks: Annotated[tuple[NamedTask, ...], Field(min_length=1)]
    epochs: Annotated[int, Field(ge=0)]
    steps: Annotated[int, Field(ge=1)] | None = None
    """Cap on the steps of an epoch."""
    share: bool = True
    """Whether the tasks' heads share their trunks ([000])."""
    heads: Literal["carry", "fresh"] = "carry"
    """Whether a task seen in an earlier phase goes on with its head ([001]) or begins anew."""
    lr: Annotated[float, Field(gt=0)] | None = None
    """This phase's rate; `optim.lr` where not given."""


class Smooth(Strict):
    kind: Literal["none", "median", "gaussian", "savgol"] = "median"
    window: Annotated[int, Field(ge=1), AfterValidator(_odd)] = 17
    """Frames, odd; for `gaussian`, the standard deviation is a quarter of it."""


class Score(Strict):
    """The protocol: from the tasks' scores of units to a score for each frame."""

    use: Annotated[tuple[str, ...], Field(min_length=1)]
    """`task.score` names; several are averaged."""
    heads: Literal["trained", "refit"] = "trained"
    """Score with heads as they were trained, or re-fitted on the frozen backbone."""
    refit_epochs: Annotated[int, Field(ge=1)] = 2
    weigh: Literal["mean", "area"] = "mean"
    """An object's error as the mean over its cube, or summed over its own area."""
    normalise: Literal["none", "video"] = "none"
    """`video`: min-max within each video, after smoothing."""
    smooth: Smooth = Smooth()
    every_phase: bool = True
    """Score after every phase, or after the last alone."""


class Recipe(Strict):
    """A curriculum and everything that decides its result."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    threads: Annotated[int, Field(ge=1)] | None = None
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    channels: Literal["auto", 1, 3] = "auto"
    """Colour channels of clips; `auto`: those of the target's videos."""
    data: dict[str, DataSource]
    objects: Objects = Objects()
    frames: Frames = Frames()
    backbone: BackboneSource = BackboneSource()
    backbones: dict[str, BackboneSource] = {}
    teachers: dict[str, TeacherSource] = {}
    tasks: dict[str, dict[str, Any]] = {}
    """Options of tasks, by name; they hold in every phase."""
    optim: Optim = Optim()
    phase: Annotated[tuple[Phase, ...], Field(min_length=1)]
    score: Score


def load_recipe(
    name: str | Path,
    sets: Sequence[str] = (),
    data: Sequence[str] = (),
    boxes: Path | None = None,
    registry: Registry | None = None,
) -> Recipe:
    """Read, change, validate and complete a recipe.

    Args:
        name: A path, or the bare name of a shipped recipe.
        sets: `key.path=VALUE` with TOML values, applied last.
        data: At most one `NAME=DIR`, which binds the role `target`.
        boxes: A file or folder of boxes that takes the place of the detectors.
        registry: The plugins to check against; all that are installed where not given.

    Returns:
        The recipe with absolute paths, every option's default and a teacher for every role.

    Raises:
        RecipeError: A file cannot be read, or every problem of the recipe at once.
    """
    registry = registry or load_plugins()
    source = read_source(name, registry)
    bind_data(source, data)
    bind_boxes(source, boxes)
    for text in sets:
        apply_set(source, text, registry)
    recipe, problems = _validated(source)
    problems += name_problems(source.table, registry)
    problems += binding_problems(recipe, registry) if recipe else ()
    raise_problems(source.title, problems, source.places)
    return completed(_parsed(source.table), registry)


def _validated(source: Source) -> tuple[Recipe | None, list[Problem]]:
    """The recipe, as far as it is valid without what is wrong, and what is wrong."""
    problems = list(dict.fromkeys(source.problems))
    try:
        return _parsed(source.table), problems
    except ValidationError as error:
        problems += model_problems(error, schema())
    try:
        return _parsed(without(source.table, problems)), problems
    except ValidationError:
        return None, problems


def _parsed(table: dict[str, Any]) -> Recipe:
    """Validate as strict JSON: 3 is a float and [1, 2] a tuple, but "3" is no number."""
    return Recipe.model_validate_json(json.dumps(table, default=str), strict=True)


def resolved(recipe: Recipe) -> str:
    """The recipe as TOML with every default, readable by `load_recipe`."""
    import tomli_w

    return tomli_w.dumps(_without_none(recipe.model_dump(mode="json")))


def _without_none(value: Any) -> Any:
    """TOML has no null: a key that is not there means the same."""
    if isinstance(value, dict):
        return {key: _without_none(below) for key, below in value.items() if below is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


def schema() -> dict[str, Any]:
    """The JSON schema of a recipe, for editors."""
    return Recipe.model_json_schema()

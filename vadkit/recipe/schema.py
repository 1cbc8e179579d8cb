"""The recipe's tables as values: a curriculum, and the data bound to it."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from vadkit.recipe.score_name import ScoreName
from vadkit.recipe.toml_tables import as_question, named
from vadkit.registry.cards import BoxRules

TARGET = "target"
"""The data role that is trained on and scored; all others are trained on alone."""
MAIN = "main"
"""The name of `[backbone]` among the backbones, and of `[score]` among the protocols."""
P_VALUES = ("quantile", "tail")
"""Kinds of calibration that make a score -log p."""
Step = Literal["smooth", "normalise"]
_SOME = Field(min_length=1)


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
    """Take every n-th frame of a training video."""


class DetectorSource(Plugged):
    name: str


NamedDetector = Annotated[
    DetectorSource, BeforeValidator(named, json_schema_input_type=str | DetectorSource)
]
"""A table, or the name alone."""


class TeacherSource(Plugged):
    name: str


class BackboneSource(Plugged):
    name: str = "unet"


class Objects(Strict):
    """How objects are found and cut out."""

    detectors: Annotated[tuple[NamedDetector, ...], _SOME] = (DetectorSource(name="auto"),)
    size: Annotated[int, Field(ge=8)] = 48
    """Side S of a cube in pixels."""
    rules: BoxRules | None = None
    """Which boxes count; where not given, the data set's usual rules for boxes of a file."""


class Frames(Strict):
    """How whole frames are read."""

    size: tuple[int, int] = (128, 128)
    """Height and width."""


class Optim(Strict):
    """How weights are updated; a key at its default stays out of hashes, as in every table."""

    name: Literal["adamw", "adam", "sgd"] = "adamw"
    lr: Annotated[float, Field(gt=0)] = 3e-4
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    batch: Annotated[int, Field(ge=1)] = 128
    schedule: Literal["constant", "cosine", "step"] = "cosine"
    step_epochs: Annotated[int, Field(ge=1)] = 10
    gamma: Annotated[float, Field(gt=0)] = 0.5
    hold_out: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of every training video, its end, that is not trained on; of a phase's epochs, the one
    with the lowest loss there is kept ([002]: 0.15). 0 keeps the last epoch."""


class TaskEntry(Strict):
    """A task in a phase."""

    name: str
    weight: Annotated[float, Field(gt=0)] = 1.0
    from_epoch: Annotated[int, Field(ge=1)] = 1
    """The epoch, from 1, in which it joins."""
    backbone_lr: float | None = None
    """Factor on the backbone's rate; the card's where not given."""
    backbone: str = MAIN
    """Which of the recipe's backbones it uses."""


NamedTask = Annotated[TaskEntry, BeforeValidator(named, json_schema_input_type=str | TaskEntry)]
"""A table, or the name alone."""


class Phase(Strict):
    """Tasks that are trained together."""

    stage: str
    tasks: Annotated[tuple[NamedTask, ...], _SOME]
    epochs: Annotated[int, Field(ge=0)]
    steps: Annotated[int, Field(ge=1)] | None = None
    """Cap on the steps of an epoch."""
    share: bool = True
    """Whether the tasks' heads share their trunks ([000])."""
    heads: Literal["carry", "fresh"] = "carry"
    """Whether heads go on from an earlier phase ([001]) or begin anew; to score: `Score.heads`."""
    lr: Annotated[float, Field(gt=0)] | None = None
    """This phase's rate; `optim.lr` where not given."""

    @property
    def title(self) -> str:
        """The phase by its tasks: "prediction", "prediction+reconstruction"."""
        return "+".join(entry.name for entry in self.tasks)


def _one_of(kinds: str) -> WrapValidator:
    """Say in one sentence what a value may be; pydantic says for each kind why it is none."""

    def validated(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(tuple(value) if isinstance(value, list) else value)
        except ValidationError:
            raise ValueError(f"Input should be {kinds}") from None

    return WrapValidator(validated)


class Calibrate(Strict):
    """How a score is compared with those of training units, which are normal."""

    kind: Literal["none", "zscore", "quantile", "tail"] = "none"
    """`zscore`: deviations above their mean; `quantile`: -log of the share that reach it; `tail`:
    the same among all, going on beyond the training scores as an exponential does."""
    among: Annotated[int, Field(ge=2)] | None = None
    """How many, the nearest in place and size; all where not given."""
    of: Annotated[int, Field(ge=2)] = 10_000
    """Training units at most from which they are chosen, evenly taken."""
    beyond: Annotated[float, Field(ge=0.5, lt=1)] = 0.98
    """Training quantile above which `tail` is an exponential."""
    cap: Annotated[PositiveFloat | Literal["rule"], _one_of("a number above 0 or 'rule'")] = 6.0
    """Greatest -log p of `tail`: training units are too few, and too alike, for more. `rule`: the
    greatest that training video, each part beside the others, bears out."""


def _odd(window: int) -> int:
    if window % 2 == 0:
        raise ValueError("a window must be odd, so that it has a middle")
    return window


class Smooth(Strict):
    """How the frames' scores are smoothed."""

    kind: Literal["none", "median", "gaussian", "mean", "savgol"] = "median"
    window: Annotated[int, Field(ge=1), AfterValidator(_odd)] = 17
    """Frames, odd."""
    sigma: Annotated[float, Field(gt=0)] | None = None
    """Standard deviation of `gaussian`, in frames; a quarter of the window where not given."""
    shift: int = 0
    """Frames by which the peak of `gaussian` is later than the frame: some codes are off by one."""
    causal: bool = False
    """The window ends with the frame, so that a score needs no frame that is still to come."""
    ends: Literal["repeat", "zero", "copy", "mirror"] = "repeat"
    """Beyond a video's ends: its first and last score, 0, its first and last half window, or that
    half window backwards."""
    across: Literal["video", "dataset"] = "video"
    """`dataset`: over the videos' scores strung together, as some codes do."""


class Borders(Strict):
    """The frames at a video's ends, which many models cannot score; here all have a score."""

    first: Annotated[int, Field(ge=0)] = 0
    """Frames at the beginning."""
    last: Annotated[int, Field(ge=0)] = 0
    """Frames at the end."""
    whole: Annotated[int, Field(ge=1)] = 1
    """Frames at the end that fill no clip of so many are of them, too."""
    rule: Literal["drop", "repeat", "normal"] = "drop"
    """They are not counted; or have the nearest score; or 0, the lowest where scores are below."""


class FrameProtocol(Strict):
    """From a score of each frame to figures: what published codes do in many ways."""

    preset: str | None = None
    """The conventions of a published code, where the keys below are not given: `presets.toml`."""
    borders: Borders = Borders()
    order: tuple[Step, ...] = ("smooth", "normalise")
    """The steps in order; one may be there twice."""
    normalise: Literal["none", "video", "dataset", "positive"] = "none"
    """Stretch the scores to [0, 1] within each video, or over all; `positive`: over all, from the
    lowest above 0."""
    smooth: Smooth = Smooth()
    macro: Literal["skipped", "padded"] = "skipped"
    """Which macro AUC is told: videos of one class left out, or each padded with two frames."""


class Question(Strict):
    """Something that is asked of a unit, and answered by the mean of one or a few scores."""

    of: Annotated[tuple[ScoreName, ...], _SOME]
    """`task.score` and `part.attribute` names."""
    gate: ScoreName | None = None
    """The question counts only where this score reaches a quantile of training units."""
    above: Annotated[float, Field(ge=0, le=1)] = 0.25
    """Which quantile."""
    relative: bool = False
    """Where the median answer of a video's units is above log 5, lower all of its answers by the
    difference: what most are says nothing of one of them."""

    @property
    def names(self) -> tuple[ScoreName, ...]:
        """The scores that it needs, the gate last."""
        return (*self.of, self.gate) if self.gate else self.of


class Only(Strict):
    """Which units count: those of whom a score is high enough."""

    score: ScoreName
    """A `part.attribute` or `task.score`, as it is measured."""
    least: float
    """Units whose score is lower answer no question."""


def _listed(value: Any) -> Any:
    table = as_question(value)
    if not isinstance(table, dict) or "of" not in table:
        return table
    names = [table["of"]] if isinstance(table["of"], str) else table["of"]
    return {**table, "of": tuple(names) if isinstance(names, list) else names}


NamedQuestion = Annotated[
    Question, BeforeValidator(_listed, json_schema_input_type=str | list[str] | Question)
]
"""A table, or scores alone."""


class Protocol(FrameProtocol):
    """From the scores of units to a score of each frame, and on to figures."""

    use: tuple[ScoreName, ...] = ()
    """`task.score` and `part.attribute` names, each a question of its own. After a phase, those of
    tasks learned by then."""
    questions: dict[str, NamedQuestion] = Field(default_factory=dict)
    """In place of `use`: questions by name, each answered by the mean of some scores."""
    fuse: Literal["mean", "max", "sum", "stouffer", "power"] = "mean"
    """How a unit's answers are joined: their mean; the greatest, so that either task alone can flag
    a frame ([003]); their sum, of -log p Fisher's; Stouffer's z of p-values; or the generalised
    mean of p-values with `exponent`."""
    exponent: Annotated[float, Field(lt=0)] = -0.5
    """Of `power`: the lower, the more the loudest question alone decides."""
    weights: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    """Name of a question, or of a score under `use` -> how much it counts; 1 where not given, and
    with 0 it is not asked."""
    weigh: Annotated[
        Literal["mean", "area"] | tuple[ScoreName, ...],
        _one_of("'mean', 'area' or a list of scores"),
    ] = "mean"
    """An object's error as the mean over its cube, or summed over its own area; or names of the
    scores that are summed."""
    calibrate: Calibrate = Calibrate()
    only: Only | None = None
    """Which units count; all where it is not given."""

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if bool(self.use) == bool(self.questions):
            raise ValueError("give either `use` or `questions`")
        if not self.asked:
            raise ValueError("every weight is 0, so nothing is asked")
        return self

    @property
    def asked(self) -> dict[str, Question]:
        """The questions by name; those of `use` have the names of their scores.

        They are in alphabetic order, since a sum's last bits depend on the order.
        """
        of_use = {str(name): Question(of=(name,)) for name in self.use}
        questions = dict(sorted(self.questions.items())) or of_use
        return {name: of for name, of in questions.items() if self.weights.get(name, 1)}

    @property
    def names(self) -> tuple[ScoreName, ...]:
        """The scores that the questions need."""
        questions = self.asked.values()
        gates = [question.gate for question in questions if question.gate]
        only = [self.only.score] if self.only else []
        return tuple(dict.fromkeys([*(n for q in questions for n in q.of), *gates, *only]))

    def by_area(self, name: ScoreName) -> bool:
        """Whether a score is summed over an object's area."""
        return name in self.weigh if isinstance(self.weigh, tuple) else self.weigh == "area"

    def without(self, parts: Container[str]) -> Self | None:
        """The protocol for the scores of other tasks and parts alone; None where none is left."""
        use = tuple(name for name in self.use if name.task not in parts)
        questions = {n: kept for n, of in self.questions.items() if (kept := _kept(of, parts))}
        only = None if self.only and self.only.score.task in parts else self.only
        left = self.model_copy(update={"use": use, "questions": questions, "only": only})
        return left if left.asked else None


def _kept(question: Question, parts: Container[str]) -> Question | None:
    if question.gate and question.gate.task in parts:
        return None
    names = tuple(name for name in question.of if name.task not in parts)
    return question.model_copy(update={"of": names}) if names else None


def _own_name(name: str) -> str:
    if name in ("", MAIN):
        raise ValueError(f"{name!r} is no name of a further protocol; {MAIN!r} is `score` itself")
    return name


class Score(Protocol):
    """The protocol of a run's scores, and with which heads and when they are made."""

    heads: Literal["trained", "refit", "snapshot"] = "trained"
    """Score with heads as they were trained (`Phase.heads`), re-fitted on the frozen backbone, or
    with head and backbone as the last phase of the head's task left both."""
    refit_epochs: Annotated[int, Field(ge=1)] = 2
    every_phase: bool = True
    """Score after every phase, or after the last alone."""
    oracle: bool = False
    """Keep, of each phase, the epoch with the highest micro AUC on the test labels, as some
    published code does: what a choice could reach that nobody can make. No result."""
    also: dict[Annotated[str, AfterValidator(_own_name)], Protocol] = Field(default_factory=dict)
    """Further protocols by name; their figures stand beside the main ones, phase by phase."""

    @property
    def protocols(self) -> dict[str, Protocol]:
        """All protocols by name, this one first, as `main`."""
        return {MAIN: self, **self.also}


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
    backbones: dict[str, BackboneSource] = Field(default_factory=dict)
    teachers: dict[str, TeacherSource] = Field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Options of tasks, by name; they hold in every phase."""
    evidence: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Options of evidence parts, by name."""
    optim: Optim = Optim()
    phase: tuple[Phase, ...] = ()
    """The curriculum; without one nothing is trained, and only evidence can score."""
    score: Score

"""`metrics.json`: the figures of a run, with what they were computed from. A public file.

All that writes or reads the file goes through the models here. What a figure's value is called in
the file is said in `vadkit.metrics.figures`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vadkit.errors import RunBusyError
from vadkit.metrics.figures import MICRO_AUC, Figure, all_figures, frame_figures
from vadkit.recipe import FrameProtocol
from vadkit.recipe.schema import Calibrate, Only, Question
from vadkit.runs.atomic import read_json, write_json

METRICS_SCHEMA: Final = 2
ORACLE = "oracle: epoch of each phase with the highest micro AUC on the test labels"
"""The checkpoint rule of runs whose figures are no results."""

Value = float | None
Values = dict[str, Value]


class Facts(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class Judged(Facts):
    """Whatever has figures: each under its path, as `vadkit.metrics.figures` says."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Value | Values]

    def figure(self, figure: Figure) -> float | None:
        """The value of a figure; None where it is not defined or not there."""
        return figure.value(self.__pydantic_extra__)

    @property
    def figures(self) -> dict[str, float | None]:
        """Key of a figure ("micro", "eer", ...) -> its value; None where it is not defined."""
        table = self.__pydantic_extra__
        return {f.key: f.value(table) for f in all_figures().values() if _has(table, f.path)}

    def tree(self) -> dict[str, Any]:
        """The JSON values, without what was never set."""
        return self.model_dump(mode="json", exclude_unset=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema: dict[str, Any] = handler.resolve_ref_schema(handler(core_schema))
        of_run = "schema_version" in schema.get("properties", {})
        for figure in all_figures().values() if of_run else frame_figures():
            _describe(schema, figure)
        return schema


def _describe(schema: dict[str, Any], figure: Figure) -> None:
    """Add a figure to the JSON schema of what has figures."""
    *tables, key = figure.path
    for name in tables:
        kinds = [{"type": "object", "properties": {}}, {"type": "null"}]
        schema = schema.setdefault("properties", {}).setdefault(name, {"anyOf": kinds})["anyOf"][0]
    kinds = [{"type": "number"}, {"type": "null"}]
    described = {"title": figure.name, "anyOf": kinds}
    schema.setdefault("properties", {})[key] = described


class PhaseFigures(Judged):
    """A phase, and what the model was worth after it; no figures where it was not evaluated."""

    number: int
    """Its place, from 1."""
    name: str
    """Its tasks."""
    stage: str
    seconds: dict[str, float]
    """What `train` and `evaluate` took."""
    heads: dict[str, str] | None
    """Task -> "trained", "refit" or "snapshot": which head scored."""
    also: dict[str, Judged]
    """Further protocols' figures, by name."""

    @property
    def complete(self) -> bool:
        """Whether all of today's figures of frames are there, be it as None."""
        return all(_has(self.__pydantic_extra__, figure.path) for figure in frame_figures())


class HashedProtocol(FrameProtocol):
    """From scores of frames to figures."""

    hash: str
    """A digest of all else but the preset's name."""


class ReportedProtocol(HashedProtocol):
    """The protocol in full: figures compare where the hashes agree."""

    labels: str
    """Which labels, where a data set has several sets of them."""
    checkpoint: str
    """Of which epochs the weights are."""


class ReportedScorer(Facts):
    """How units get their scores, and frames theirs of them."""

    model_config = ConfigDict(extra="forbid")
    use: tuple[str, ...]
    questions: dict[str, Question] = Field(default_factory=dict)
    fuse: str
    exponent: float = -0.5
    weights: dict[str, float]
    weigh: str | tuple[str, ...]
    calibrate: Calibrate
    only: Only | None = None
    cap: float | None = None
    """Only where `calibrate.cap` is a rule: what it found after the last phase."""
    frame: str
    """How a frame gets its score of its units."""
    heads: str
    refit_epochs: int | None = None
    """Only where heads are re-fitted."""
    tasks: dict[str, dict[str, Any]]
    """Task -> its options."""
    evidence: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Evidence part -> its options."""


class ProtocolFigures(Judged):
    """The figures under a further protocol."""

    protocol: ReportedProtocol
    scorer: ReportedScorer


class VideoFigures(Facts):
    """One video's frames."""

    auc: float | None
    frames: int
    anomalous: int


class Intervals(Facts):
    """How far the AUCs move when the test videos are drawn anew: [low, high] by a figure's key."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, list[float] | None]
    level: float
    rounds: int
    videos: int


class ScoreFigures(Judged):
    """What anybody's scores are worth."""

    protocol: HashedProtocol
    frames: int
    anomalous: int
    per_video: dict[str, VideoFigures]
    one_class_videos: list[str]
    notes: list[str]
    """Why a figure is not defined or says little."""
    intervals: Intervals


class RegionCounts(Facts):
    """What the figures of regions are of."""

    regions: int
    tracks: int
    detections: int
    frames: int
    derived: bool
    """Whether tracks were made of pixel masks."""
    convention: dict[str, Any]


class DataFacts(Facts):
    """The data, by fingerprints, and what was odd about them: place -> what -> how many."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, dict[str, int]]
    fingerprint: str
    """Of all that the run read."""
    target: str
    """Of the videos and labels that the figures are on."""
    datasets: dict[str, str]
    """Data role -> data set."""


class Metrics(ProtocolFigures):
    """`metrics.json`. Without labels there are no figures and none of the counts."""

    schema_version: Literal[2] = METRICS_SCHEMA
    vadkit: str
    frames: int | None = None
    anomalous: int | None = None
    per_video: dict[str, VideoFigures] | None = None
    one_class_videos: list[str] | None = None
    notes: list[str] = []
    intervals: Intervals | None
    also: dict[str, ProtocolFigures]
    """Further protocols, by name."""
    regions: RegionCounts | None
    baselines: dict[str, Values]
    """Score for which nothing was learned -> its figures, by their keys."""
    phases: list[PhaseFigures]
    data: DataFacts
    device: str
    threads: int
    world_size: int
    seed: int
    resumed: list[str]
    """What differed when the run went on after a stop."""

    @property
    def evaluated(self) -> bool:
        """Whether there were labels to compare scores with."""
        return self.frames is not None

    @property
    def oracle(self) -> bool:
        """Whether epochs were chosen by the test labels, so that the figures are no results."""
        return self.protocol.checkpoint == ORACLE

    @property
    def best_baseline(self) -> float | None:
        """The highest micro AUC of a score for which nothing was learned."""
        reached = [values.get(MICRO_AUC.key) for values in self.baselines.values()]
        return max((value for value in reached if value is not None), default=None)

    @classmethod
    def read(cls, path: Path) -> Metrics | None:
        """Read a run's file; None where there is none, or not a whole one.

        Raises:
            RunBusyError: Another version of vadkit wrote it, or nobody's vadkit did.
        """
        content = read_json(path)
        if content is None:
            return None
        version = content.get("schema_version")
        if version != METRICS_SCHEMA:
            raise RunBusyError(
                f"{path} has schema {version!r}, this vadkit reads {METRICS_SCHEMA}.",
                "Run the recipe again, or use the vadkit that made the run.",
            )
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            raise RunBusyError(
                f"{path} is not as vadkit writes it: {key}: {first['msg']}.",
                "Run the recipe again, or restore the file.",
            ) from None

    def write(self, path: Path) -> None:
        """Write the file whole or not at all."""
        write_json(path, self.tree())


def read_phase(path: Path) -> PhaseFigures | None:
    """Read the figures of a phase; None where there are none, or not as vadkit writes them."""
    try:
        return PhaseFigures.model_validate(read_json(path))
    except ValidationError:
        return None


def _has(tree: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    key, *below = path
    return key in tree and (not below or tree[key] is None or _has(tree[key], tuple(below)))

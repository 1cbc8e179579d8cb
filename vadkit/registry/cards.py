"""Cards: what a plugin says about itself before any of its heavy code is imported.

A card is a frozen value. Its `load` names a class by a string ("package.module:Class"), so that
listing plugins never imports torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

VERSION = 2
"""Version of the contract between the host and its plugins (`vadkit.api.VERSION`)."""

Unit = Literal["object", "frame"]
Level = Literal["visual", "semantic", "open-set"]
Corruption = Literal["invert", "noise", "reverse", "shuffle", "speed"]
"""What the conformance kit does to a unit: invert a square of every frame, add noise, show the
frames backwards or in another order, or let what is seen move three times as fast."""

Change = Literal["faster", "larger", "noise"]
"""What the conformance kit does to objects of a film: four times as fast, twice as large, noise."""


@dataclass(frozen=True)
class NoOptions:
    """The options of a plugin that has none."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """What is read around one unit: an object's cube or a whole frame.

    The unit's own frame is frame `frames // 2` of the middle window. Windows are consecutive in
    time and disjoint, so three windows are the past, the present and the future of one unit.
    """

    frames: int
    """Frames T of a window."""
    unit: Unit = "object"
    """`object`: the unit's box, cropped from every frame and resized; `frame`: the whole frame."""
    role: str = "target"
    """The recipe's data role to read."""
    windows: int = 1
    """Windows N."""
    stride: int = 1
    """Video frames from one frame of a window to the next."""
    labels: bool = False
    """Whether the batch brings labels (1 where the unit's own frame is anomalous)."""

    @property
    def offsets(self) -> range:
        """Video frames read, relative to the unit's own, window after window (N·T of them)."""
        first = (self.windows // 2) * self.frames + self.frames // 2
        start = -first * self.stride
        return range(start, start + self.windows * self.frames * self.stride, self.stride)


@dataclass(frozen=True, kw_only=True)
class Need:
    """A teacher's answer that a task wants beside its clips, found in `Batch.context[key]`."""

    role: str
    """The recipe's teacher role: scene, segmentation, flow, depth, pose, detector, ..."""
    at: int = 0
    """Video frame to answer for, relative to the unit's own."""
    frames: int = 1
    """Frames, centred on `at`, over which the answers are averaged."""
    texts: tuple[str, ...] = ()
    """What a teacher that reads is asked: how well does each of these describe the unit?"""
    name: str = ""
    """Tells answers of one role apart; the role where empty."""

    @property
    def key(self) -> str:
        """Under what the answer is found."""
        return self.name or self.role


@dataclass(frozen=True, kw_only=True)
class BoxRules:
    """Which detections count as objects; a data set's card carries its usual ones."""

    confidence: float = 0.3
    """Boxes below this confidence are dropped."""
    min_side: float = 10.0
    """Boxes whose longer side is shorter, in pixels, are dropped."""
    drop_contained: bool = True
    """Drop a box that lies strictly inside another."""
    max_overlap: float = 1.0
    """Drop a box of whose area a larger box covers more than this share."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What every plugin says about itself."""

    kind: ClassVar[str]

    name: str
    """Lower-case name, unique among its kind: [a-z0-9_-]{1,64}."""
    summary: str
    """One sentence."""
    load: str
    """The class, as "package.module:Class"; imported when first used."""
    config: type = NoOptions
    """Frozen dataclass of the options, every field with a default and a docstring."""
    paper: str = ""
    """Source: authors, venue, equations."""
    extra: str | None = None
    """The extra of the distribution that installs what the class imports."""
    revision: int = 1
    """Raised when the same options give another result than before."""
    api: int = 1
    """Version of the contract that the class was written for: `vadkit.api.VERSION` of that time."""
    at_hand: Callable[[Any], str] = lambda _: ""
    """Options -> what to tell of it here; `DataError` where a file whose hash they give is not."""


@dataclass(frozen=True, kw_only=True)
class TaskCard(Card):
    """A proxy task."""

    kind: ClassVar[str] = "task"

    level: Level
    """The rung of the ladder of [000] Table 1."""
    sampling: Callable[[Any], Sampling | tuple[Sampling, ...]]
    """Options -> what training reads; further samplings arrive in `Batch.beside[role]`."""
    score_sampling: Callable[[Any], Sampling] | None = None
    """Options -> what scoring reads, where it differs from training."""
    needs: Callable[[Any], tuple[Need, ...]] = lambda _: ()
    """Options -> teachers' answers that training reads."""
    score_needs: Callable[[Any], tuple[Need, ...]] | None = None
    """Options -> teachers' answers that scoring reads, where they differ."""
    scored: bool = True
    """Whether `score` means something for this task."""
    scores: Callable[[Any], tuple[str, ...] | str] | None = None
    """Options -> the names that `score` gives: a recipe with another is refused before training."""
    backbone_lr: float = 1.0
    """Factor on the backbone's learning rate; negative: the backbone ascends; 0: it is frozen."""
    raised_by: Mapping[str, Corruption] = field(default_factory=dict, hash=False)
    """Score -> what done to a unit raises it, by default options; the conformance kit checks it."""
    exempt: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Checks of the conformance kit that cannot hold -> why; `vadkit check-task` prints it."""

    def reads(self, config: Any) -> tuple[Sampling, ...]:
        """What training reads; the first sampling brings the units."""
        samplings = self.sampling(config)
        return (samplings,) if isinstance(samplings, Sampling) else samplings

    def reads_to_score(self, config: Any) -> Sampling:
        """What scoring reads."""
        return (self.score_sampling or (lambda _: self.reads(config)[0]))(config)

    def score_names(self, config: Any) -> tuple[str, ...]:
        """The names that `score` gives; none where the card does not say."""
        names = self.scores(config) if self.scores else ()
        return (names,) if isinstance(names, str) else names

    def needs_to_score(self, config: Any) -> tuple[Need, ...]:
        """The teachers' answers that scoring reads."""
        return (self.score_needs or self.needs)(config)


@dataclass(frozen=True, kw_only=True)
class BackboneCard(Card):
    """A feature extractor for clips of any length and size."""

    kind: ClassVar[str] = "backbone"


@dataclass(frozen=True, kw_only=True)
class TeacherCard(Card):
    """A fixed model or rule that answers a need."""

    kind: ClassVar[str] = "teacher"

    role: str
    """The role it can fill."""
    sampling: Callable[[Any], Sampling]
    """Options -> what it reads around a frame (unit `frame`) or an object (unit `object`)."""
    weights: str = ""
    """Where its weights come from and under which licence; empty: it has none."""


@dataclass(frozen=True, kw_only=True)
class DetectorCard(Card):
    """A finder of objects."""

    kind: ClassVar[str] = "detector"

    becomes: Callable[[Any], Sequence[Mapping[str, Any]]] | None = None
    """Options -> tables of the detectors that take its place in a recipe, on this machine."""
    reads_boxes: bool = False
    """Whether it finds none itself, so that a data set's usual rules are for its boxes."""


@dataclass(frozen=True, kw_only=True)
class EvidenceCard(Card):
    """Numbers of an object that no training is needed for."""

    kind: ClassVar[str] = "evidence"

    attributes: tuple[str, ...]
    """Names of the numbers, higher is more unusual; a recipe writes `part.attribute`."""
    raised_by: Mapping[str, Change] = field(default_factory=dict, hash=False)
    """Attribute -> what done to objects raises it; the conformance kit checks it."""
    tells_camera: tuple[str, ...] = ()
    """Attributes by which few objects are unusual before a camera that the model was trained on."""
    becomes: Callable[[Any], Mapping[str, Any] | str] | None = None
    """Options -> those that a recipe gets on this machine beside them (where weights are); or what
    the part lacks here, in words: what it would answer is not asked then."""


@dataclass(frozen=True, kw_only=True)
class DatasetCard(Card):
    """A data set: videos and labels on disk, or synthetic ones."""

    kind: ClassVar[str] = "dataset"

    layout: str = ""
    """The expected tree, printed when it is missing; empty: nothing is read from disk."""
    url: str = ""
    """Where the authors offer it."""
    terms: str = ""
    """Its terms of use."""
    rendered: bool = False
    """Whether it is synthetic, so that its class method `render` writes its files."""
    rules: BoxRules = field(default_factory=BoxRules)
    """The field's usual rules for boxes that are published with it."""

"""The cards of the evidence parts and their options."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vadkit.api import EvidenceCard

LITE0: Literal["efficientnet-lite0"] = "efficientnet-lite0"
MOVENET = "movenet_lightning.onnx"


def _at_least(config: object, **numbers: float) -> None:
    """Refuse options that are below what they can be."""
    for name, least in numbers.items():
        if getattr(config, name) < least:
            raise ValueError(f"{name} is {least} or more")


@dataclass(frozen=True, kw_only=True)
class BoxConfig:
    neighbours: int = 5
    """Training objects to which the distance is taken."""

    def __post_init__(self) -> None:
        _at_least(self, neighbours=1)


@dataclass(frozen=True, kw_only=True)
class MotionConfig:
    flow: Literal["fast", "medium"] = "medium"
    """Preset of OpenCV's dense inverse search."""
    most: int = 400
    """Frames are halved until no wider than so many pixels before their flow is computed."""
    reach: int = 5
    """Frames to each side over which linked boxes are followed."""
    overlap: float = 0.2
    """Least intersection over union of the boxes of one object in consecutive frames."""
    memory: int = 25
    """For how many frames an object without a box is remembered, to go on where one appears."""
    neighbours: int = 10
    """Training objects to which the distance of a histogram or a place is taken."""

    def __post_init__(self) -> None:
        _at_least(self, most=1, reach=0, memory=0, neighbours=1)


@dataclass(frozen=True, kw_only=True)
class AppearanceConfig:
    features: Literal["auto", "hog", "efficientnet-lite0", "timm"] = "auto"
    """What describes an object: oriented gradients, EfficientNet-lite0 as the extra `features`
    brings it, or a network of timm with `weights`; auto is EfficientNet-lite0 where it is
    installed, and hog elsewhere."""
    components: int = 64
    """Principal components that are kept of a histogram of oriented gradients."""
    neighbours: int = 1
    """Training objects to which the distance is taken."""
    model: str = "tf_efficientnet_lite0"
    """The network, as timm names it."""
    weights: Path | None = None
    """State dict of the model, for timm: a safetensors or .pth file."""
    block: int = 2
    """Which of the network's outputs, as timm counts what it calls intermediates, from 0."""

    def __post_init__(self) -> None:
        if (self.features == "timm") != (self.weights is not None):
            raise ValueError('weights go with features = "timm", and it with them')
        if self.features != "timm" and self.model != "tf_efficientnet_lite0":
            raise ValueError('another model goes with features = "timm" and weights')
        _at_least(self, components=1, neighbours=1, block=0)


@dataclass(frozen=True, kw_only=True)
class GroundConfig:
    neighbours: int = 50
    """Training objects to which the distance is taken: some may cross a lawn in normal video."""

    def __post_init__(self) -> None:
        _at_least(self, neighbours=1)


@dataclass(frozen=True, kw_only=True)
class PostureConfig:
    weights: Path | None = None
    """ONNX file of MoveNet Lightning's network, as the teacher `movenet` takes it; None looks for
    movenet_lightning.onnx in the working directory and in `weights` below vadkit's home."""
    sha256: str = ""
    """Of the file, which may then be in any of these places; any where empty."""
    sure: float = 0.3
    """Mean confidence of the twelve joints below the head that a person has at least."""
    every: int = 3
    """Joints are read in every so many-th frame; between, a box keeps those of the box before."""
    reach: int = 3
    """Frames to each side over which a person's joints are followed along linked boxes."""
    overlap: float = 0.2
    """Least intersection over union of the boxes of one object in consecutive frames."""
    neighbours: int = 5
    """Training objects to which distances are taken."""

    def __post_init__(self) -> None:
        _at_least(self, every=1, reach=0, neighbours=1)


BOX = EvidenceCard(
    name="box",
    summary="How large an object's box is, alone and beside those of training objects.",
    load="vadkit_evidence.box:Box",
    revision=3,
    config=BoxConfig,
    attributes=("width", "area", "log-width", "size", "place"),
    raised_by=dict.fromkeys(("width", "area", "log-width", "size", "place"), "larger"),
)
MOTION = EvidenceCard(
    name="motion",
    summary="How fast an object moves by optical flow and by its box, in which directions, where.",
    paper="Kroeger et al., ECCV 2016 (flow); Reiss and Hoshen, 2022 (histograms of directions)",
    load="vadkit_evidence.motion:Motion",
    config=MotionConfig,
    revision=6,
    attributes=("speed", "travel", "directions", "flow", "roamed", "place"),
    raised_by=dict.fromkeys(("speed", "travel", "directions", "flow", "place"), "faster"),
)
APPEARANCE = EvidenceCard(
    name="appearance",
    summary="How far an object's looks are from those of training objects.",
    paper="Tan and Le, ICML 2019 (EfficientNet); Dalal and Triggs, CVPR 2005 (HOG)",
    load="vadkit_evidence.appearance:Appearance",
    extra="features",
    config=AppearanceConfig,
    attributes=("distance",),
    raised_by={"distance": "noise"},
    tells_camera=("distance",),
)
GROUND = EvidenceCard(
    name="ground",
    summary="How far the colour of what an object stands on is from that of training objects.",
    load="vadkit_evidence.ground:Ground",
    config=GroundConfig,
    attributes=("distance",),
)


def _becomes(config: PostureConfig) -> dict[str, str] | str:
    if config.weights:
        return {}
    from vadkit_detectors.weights import fingerprint, usual_places  # looks at files

    places = usual_places(MOVENET)
    for file in (place for place in places if place.is_file()):
        return {"weights": str(file), "sha256": fingerprint(file)}
    return f"its weights are neither {' nor '.join(map(str, places))}"


def _in_words(config: PostureConfig) -> str:
    if config.sha256:
        from vadkit_evidence.people import movenet_file

        return str(movenet_file(config.weights, config.sha256))
    options = _becomes(config)
    return options if isinstance(options, str) else options.get("weights", "")


POSTURE = EvidenceCard(
    name="posture",
    summary="How people hold their bodies and move them, by the joints that MoveNet finds.",
    load="vadkit_evidence.posture:Posture",
    config=PostureConfig,
    attributes=("shape", "motion", "lean"),
    becomes=_becomes,
    at_hand=_in_words,
)

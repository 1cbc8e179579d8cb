"""The cards of the evidence parts and their options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import EvidenceCard


@dataclass(frozen=True, kw_only=True)
class BoxConfig:
    neighbours: int = 5
    """Training objects to which the distance is taken."""


@dataclass(frozen=True, kw_only=True)
class MotionConfig:
    flow: Literal["fast", "medium"] = "medium"
    """Preset of OpenCV's dense inverse search."""
    most: int = 400
    """Frames wider than so many pixels are halved before their flow is computed."""
    reach: int = 5
    """Frames to each side over which linked boxes are followed."""
    overlap: float = 0.2
    """Least intersection over union of the boxes of one object in consecutive frames."""
    neighbours: int = 10
    """Training objects to which the distance of a histogram is taken."""


@dataclass(frozen=True, kw_only=True)
class AppearanceConfig:
    components: int = 64
    """Principal components that are kept of a histogram of oriented gradients."""
    neighbours: int = 1
    """Training objects to which the distance is taken."""


BOX = EvidenceCard(
    name="box",
    summary="How large an object's box is, alone and beside those of training objects.",
    load="vadkit_evidence.box:Box",
    config=BoxConfig,
    attributes=("width", "area", "log-width", "size", "place"),
    raised_by=dict.fromkeys(("width", "area", "log-width", "size", "place"), "larger"),
)
MOTION = EvidenceCard(
    name="motion",
    summary="How fast an object moves by optical flow and by its box, and in which directions.",
    paper="Kroeger et al., ECCV 2016 (flow); Reiss and Hoshen, 2022 (histograms of directions)",
    load="vadkit_evidence.motion:Motion",
    config=MotionConfig,
    attributes=("speed", "travel", "directions", "flow"),
    raised_by=dict.fromkeys(("speed", "travel", "directions", "flow"), "faster"),
)
APPEARANCE = EvidenceCard(
    name="appearance",
    summary="How far an object's oriented gradients are from those of training objects.",
    paper="Dalal and Triggs, CVPR 2005",
    load="vadkit_evidence.appearance:Appearance",
    config=AppearanceConfig,
    attributes=("distance",),
    raised_by={"distance": "noise"},
)

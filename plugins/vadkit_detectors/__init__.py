"""Detectors: what moves, what a trained network knows, and boxes that somebody else found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vadkit_teachers.object_cards import YOLO_WEIGHTS, YOLOX_WEIGHTS

from vadkit.api import DetectorCard, NoOptions, hookimpl


@dataclass(frozen=True, kw_only=True)
class MotionConfig:
    threshold: int = 25
    """Levels of 255 from the background above which a pixel moves."""
    learning_rate: float = 0.02
    """Share of each frame in the running mean that is the background."""
    absorb: float = 0.2
    """Factor on the rate where something moves, so that who walks slowly leaves no trail."""
    warmup: int = 150
    """Frames, held back at the start, whose median is the first background; fewer if large."""
    grey: bool = False
    """Compare grey values, as [002] does; otherwise the colour channel that differs most."""
    shadow: float = 0.0
    """A pixel of colour video that is darker than the background by one factor in all channels,
    from here to 0.95, is a cast shadow and does not move; 0 takes shadows for objects."""
    blur: int = 3
    """Side in pixels of the Gaussian against sensor noise; 1 leaves the image as it is."""
    closing: float = 0.0125
    """Gaps in an object that are closed, as a share of the image's height."""
    min_area: float = 0.001
    """Smallest object: a share of the image, or pixels from 1 on ([002] takes 1500 of 640x360)."""
    pieces: bool = True
    """Join pieces of one object that stand on each other, and leave out rims and limbs that stick
    out of the boxes of detectors before."""
    split: float = 0.8
    """A region is cut between two people where it is lower than this share of both; 0 cuts none."""

    def __post_init__(self) -> None:
        if not 0 <= self.split <= 1:
            raise ValueError("split must lie between 0 and 1")


@dataclass(frozen=True, kw_only=True)
class FileConfig:
    path: Path = Path("boxes")
    """A CSV file, plain or gzip, or a folder of them."""
    missing: Literal["error", "none"] = "error"
    """What a video without any row means: a mistake, or a video without objects."""
    size: tuple[int, int] | None = None
    """Width and height of the picture that they are of, (1, 1) for shares of it; boxes are scaled
    from it to the video's. Where not given they are of the video's own size."""
    first: Literal[0, 1] | None = None
    """The number of a video's first frame; where not given 0, unless all begin in frame 1."""


@dataclass(frozen=True, kw_only=True)
class FlowConfig:
    method: Literal["dis", "farneback"] = "dis"
    """OpenCV's dense inverse search, or polynomial expansion."""
    threshold: float = 1.0
    """Pixels from one frame to the next above which something moves ([002])."""
    closing: float = 0.0125
    """Gaps in an object that are closed, as a share of the image's height."""
    min_area: float = 0.0065
    """Smallest object: a share of the image ([002]: 1500 of 640x360), or pixels from 1 on."""

    def __post_init__(self) -> None:
        if self.threshold <= 0 or self.min_area < 0 or self.closing < 0:
            raise ValueError("threshold must be positive, and no option negative")


@dataclass(frozen=True, kw_only=True)
class Network:
    """What detectors with a trained network have in common."""

    confidence: float = 0.3
    """Least confidence of a box; the rules for objects may ask for more."""
    overlap: float = 0.45
    """Boxes of a class that overlap by more (intersection over union) are one object."""
    classes: tuple[int, ...] = ()
    """Numbers of the classes that are objects (of COCO, 0 is a person); all where empty."""
    sha256: str = ""
    """Hash that the file has to have; it is then looked for in the usual places, too."""

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1 or not 0 < self.overlap <= 1:
            raise ValueError("confidence and overlap must lie between 0 and 1")


@dataclass(frozen=True, kw_only=True)
class ONNXConfig(Network):
    weights: Path = Path("yolox_nano.onnx")
    """File of the network."""
    size: int = 416
    """Side in pixels of the square that the network sees; other usual ones are tried, too."""
    decoded: bool = False
    """Whether the network was exported to answer in pixels (YOLOX: --decode_in_inference)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size < 32 or self.size % 32:  # noqa: PLR2004 - the coarsest stride
            raise ValueError("size must be a multiple of 32")


@dataclass(frozen=True, kw_only=True)
class YOLOConfig(Network):
    weights: Path = Path("yolo11n.pt")
    """File of the network."""
    size: int = 640
    """Side in pixels to which ultralytics scales the frame's longer one."""


MOTION = DetectorCard(
    name="motion",
    revision=2,
    summary="What differs from a running mean of the frames, for a fixed camera.",
    paper="Barbalau et al., CVIU 2023, 3.1",
    config=MotionConfig,
    load="vadkit_detectors.motion:Motion",
)

FILE = DetectorCard(
    name="file",
    summary="Boxes from CSV files: video, frame, x1, y1, x2, y2, confidence.",
    config=FileConfig,
    load="vadkit_detectors.file:File",
    reads_boxes=True,
)


FLOW = DetectorCard(
    name="flow",
    summary="Where the optical flow is fast, for a fixed camera.",
    paper="Barbalau et al., CVIU 2023, 3.1",
    config=FlowConfig,
    load="vadkit_detectors.flow:Flow",
)


def _pinned(detector: str, content: str) -> Callable[[ONNXConfig | YOLOConfig], str]:
    """What looks for the weights, where their hash is given."""

    def at_hand(config: ONNXConfig | YOLOConfig) -> str:
        from vadkit_detectors.weights import existing_file  # looks at files, which listing does not

        if not config.sha256:
            return ""
        return str(existing_file(config.weights, detector, content, config.sha256))

    return at_hand


ONNX = DetectorCard(
    name="onnx",
    summary="What a YOLO in an ONNX file knows (YOLOX, v5, v8 to 11), run by OpenCV on the CPU.",
    paper="Ge et al., YOLOX, 2021",
    config=ONNXConfig,
    load="vadkit_detectors.onnx:ONNX",
    at_hand=_pinned("onnx", YOLOX_WEIGHTS),
)

YOLO = DetectorCard(
    name="yolo",
    summary="What a detector of ultralytics knows (AGPL-3.0).",
    config=YOLOConfig,
    load="vadkit_detectors.yolo:YOLO",
    at_hand=_pinned("yolo", YOLO_WEIGHTS),
    extra="yolo",
)


def _becomes(_: NoOptions) -> list[dict[str, str]]:
    from vadkit_detectors.auto import at_hand  # looks at files, which listing does not

    return at_hand()


def _in_words(_: NoOptions) -> str:
    from vadkit_detectors.auto import in_words

    return in_words()


AUTO = DetectorCard(
    name="auto",
    summary="`onnx` and `motion` where the network's weights are at hand, else `motion` alone.",
    load="vadkit_detectors.motion:Motion",
    becomes=_becomes,
    at_hand=_in_words,
)


@hookimpl
def vadkit_detectors() -> list[DetectorCard]:
    return [AUTO, MOTION, FLOW, FILE, ONNX, YOLO]

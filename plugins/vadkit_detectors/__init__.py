"""Detectors that need no weights: background subtraction, and boxes that somebody else found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vadkit.api import DetectorCard, hookimpl


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


@dataclass(frozen=True, kw_only=True)
class FileConfig:
    path: Path = Path("boxes")
    """A CSV file, plain or gzip, or a folder of them."""
    missing: Literal["error", "none"] = "error"
    """What a video without any row means: a mistake, or a video without objects."""


MOTION = DetectorCard(
    name="motion",
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
)


@hookimpl
def vadkit_detectors() -> list[DetectorCard]:
    return [MOTION, FILE]

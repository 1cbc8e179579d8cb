"""Objects: the contract of a detector and the rules that turn detections into objects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from vadkit.data.dataset import Video
from vadkit.data.video import Frame

ConfigT = TypeVar("ConfigT")
Boxes = NDArray[np.float32]
"""(n, 5): x1, y1, x2, y2 in pixels, confidence."""


@dataclass(frozen=True)
class Seen:
    """A frame and the boxes found in it so far."""

    frame: Frame
    boxes: Boxes


class Detector(ABC, Generic[ConfigT]):
    """One stage of a stream: adds its boxes to what the stages before it found.

    It may look ahead by holding frames back, but yields every frame once, in order, and keeps
    only a bounded number of them.
    """

    def __init__(self, config: ConfigT) -> None:
        self.config = config

    @abstractmethod
    def detect(self, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        """Yield each frame of the stream with the boxes found before and its own."""

    def fingerprint(self) -> str:
        """A hash of what the boxes depend on beside options and video (a file, weights)."""
        return ""

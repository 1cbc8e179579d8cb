"""What detectors with a trained network have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.api import Boxes, DataError, Detector, Seen, Video
from vadkit_detectors import ONNXConfig, YOLOConfig
from vadkit_detectors.regions import blacked_out
from vadkit_detectors.weights import existing_file, fingerprint, unusable

GREY = 114
"""What these networks were trained to see beside the image."""


class Network(Detector[ONNXConfig | YOLOConfig]):
    """Shows each frame to a network, with the objects found before painted over in grey.

    Args:
        config: Its options.
        name: The detector's name.
        content: What its weights are.

    Raises:
        DataError: The weights are missing.
    """

    def __init__(self, config: ONNXConfig | YOLOConfig, name: str, content: str) -> None:
        super().__init__(config)
        self._name, self._content = name, content
        self._path: Path = existing_file(config.weights, name, content, config.sha256)

    def fingerprint(self) -> str:
        return fingerprint(self._path)

    def detect(self, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        for seen in stream:
            image = blacked_out(seen.frame.image, seen.boxes, GREY)
            yield Seen(seen.frame, np.concatenate([seen.boxes, self.boxes(image)]))

    @abstractmethod
    def boxes(self, image: NDArray[np.uint8]) -> Boxes:
        """(H, W, C) -> (n, 5) in pixels of the image."""

    def unusable(self, fault: str) -> DataError:
        """The error that the weights are of no use."""
        return unusable(self._path, self._name, fault, self._content)

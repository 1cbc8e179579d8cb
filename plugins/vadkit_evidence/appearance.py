"""How an object looks: oriented gradients beside those of training objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from vadkit_teachers.flow import to_grey

from vadkit.api import Evidence, Rows, Seen, box_pixels, neighbour_distance
from vadkit_evidence.cards import AppearanceConfig

SIDE = 32
HOG = cv2.HOGDescriptor((SIDE, SIDE), (16, 16), (8, 8), (8, 8), 9)


class Appearance(Evidence[AppearanceConfig]):
    """Histograms of oriented gradients, reduced to principal components of training objects.

    Attributes:
        distance: Mean distance to the nearest training objects.
    """

    def describe(self, frames: Iterator[Seen]) -> Iterator[Rows]:
        """(n, 324)."""
        size = HOG.getDescriptorSize()
        for seen in frames:
            image = to_grey(seen.frame.image)
            crops = [_crop(image, box) for box in box_pixels(seen.boxes, image)]
            rows = [np.ravel(HOG.compute(crop)) for crop in crops]
            yield np.array(rows, np.float32).reshape(-1, size)

    def fit(self, rows: Rows, videos: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Mean, principal components, and the training objects among them."""
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
        reduced = (rows - bank["mean"]) @ bank["components"]
        apart = None if videos is None else (videos, bank["videos"])
        distance = neighbour_distance(reduced, bank["rows"], self.config.neighbours, apart)
        return {"distance": distance}


def _crop(image: NDArray[np.uint8], box: NDArray[np.int64]) -> NDArray[np.uint8]:
    left, top, right, bottom = box
    return np.asarray(cv2.resize(image[top:bottom, left:right], (SIDE, SIDE)))

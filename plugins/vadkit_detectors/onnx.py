"""A YOLOX in an ONNX file, run by OpenCV on the CPU."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from vadkit_teachers.object_cards import YOLOX_WEIGHTS

from vadkit.api import Boxes
from vadkit_detectors import ONNXConfig
from vadkit_detectors.network import GREY, Network

STRIDES = (8, 16, 32)
"""Pixels a place of each of the network's three maps stands for."""
BOX = 5
"""Numbers before the classes: centre, size, objectness."""

Places = NDArray[np.float32]
"""(n, 5 + classes)."""


class ONNX(Network):
    """Finds objects with a network that answers (1, places, 5 + classes), as YOLOX exports it.

    Source: Ge et al., "YOLOX", 2021. Each place of three grids has a box, an objectness and class
    probabilities; boxes of one class that overlap are one object.

    Raises:
        DataError: The file is missing or of another network.
    """

    config: ONNXConfig

    def __init__(self, config: ONNXConfig) -> None:
        super().__init__(config, "onnx", YOLOX_WEIGHTS)
        try:
            self._network = cv2.dnn.readNetFromONNX(str(self._path))
        except cv2.error as error:
            raise self.unusable("are no ONNX file that OpenCV can read") from error

    def boxes(self, image: NDArray[np.uint8]) -> Boxes:
        side = self.config.size
        scale = min(side / image.shape[0], side / image.shape[1])
        places = self._answer(_letterboxed(image, side, scale))
        if not self.config.decoded:
            places = decoded(places, side)
        boxes = kept(places, self.config)
        boxes[:, :4] /= scale
        return boxes

    def _answer(self, canvas: NDArray[np.uint8]) -> Places:
        self._network.setInput(cv2.dnn.blobFromImage(canvas, swapRB=True))  # YOLOX knows BGR
        try:
            answer = np.asarray(self._network.forward(), np.float32)
        except cv2.error as error:
            raise self.unusable(f"take no image of {canvas.shape[:2]} pixels") from error
        if answer.ndim != 3 or answer.shape[2] <= BOX:  # noqa: PLR2004 - (1, places, numbers)
            raise self.unusable(f"are of another kind of network, which answers {answer.shape}")
        return answer[0]


def _letterboxed(image: NDArray[np.uint8], side: int, scale: float) -> NDArray[np.uint8]:
    """Scale an image into the upper left of a grey square: (side, side, 3)."""
    colour = image if image.shape[2] > 1 else np.repeat(image, 3, axis=2)
    height, width = (max(1, round(length * scale)) for length in image.shape[:2])
    canvas = np.full((side, side, 3), GREY, np.uint8)
    canvas[:height, :width] = cv2.resize(colour, (width, height))
    return canvas


def decoded(places: Places, side: int) -> Places:
    """Centres as offsets from places and sizes as logarithms -> pixels of the canvas."""
    steps = [(side // stride, stride) for stride in STRIDES]
    grids = [np.stack(np.meshgrid(*[np.arange(n)] * 2), axis=-1).reshape(-1, 2) for n, _ in steps]
    grid = np.concatenate(grids)
    stride = np.concatenate([np.full((n * n, 1), stride) for n, stride in steps])
    centres, sizes = (places[:, :2] + grid) * stride, np.exp(places[:, 2:4]) * stride
    return np.concatenate([centres, sizes, places[:, 4:]], axis=1).astype(np.float32)


def kept(places: Places, config: ONNXConfig) -> Boxes:
    """(n, 5) corners and confidence of the places that are objects of the wanted classes."""
    scores = places[:, 4:BOX] * places[:, BOX:]
    classes, confidence = scores.argmax(axis=1), scores.max(axis=1)
    sure = confidence >= config.confidence
    sure &= np.isin(classes, config.classes) if config.classes else True
    centre, size = places[sure, :2], places[sure, 2:4]
    corner, confidence, classes = centre - size / 2, confidence[sure], classes[sure]
    rows = cv2.dnn.NMSBoxesBatched(
        np.concatenate([corner, size], axis=1).tolist(),
        confidence.tolist(),
        classes.tolist(),
        config.confidence,
        config.overlap,
    )
    boxes = np.concatenate([corner, corner + size, confidence[:, None]], axis=1)
    return boxes[np.asarray(rows, int).ravel()].astype(np.float32).reshape(-1, 5)

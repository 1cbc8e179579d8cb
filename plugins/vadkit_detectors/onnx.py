"""A YOLO in an ONNX file, run by OpenCV on the CPU."""

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
FOUND = 6
"""Numbers of a box where the network has left out doubles itself: corners, confidence, class."""
SIDES = (416, 640, 320, 512, 1280)
"""Squares that networks take, tried where the option's is not the file's."""
YOLOX, YOLOV5, YOLOV8, END_TO_END = FORMS = ("YOLOX", "YOLOv5", "YOLOv8", "end to end")
"""What answers (1, places, 5 + classes), (1, 3 places, 5 + classes), (1, 4 + classes, places) and
(1, boxes, 6); YOLO11 answers as YOLOv8 does, and YOLOv10 has its doubles left out."""

Places = NDArray[np.float32]
"""(n, 5 + classes)."""


def form_of(shape: tuple[int, ...], side: int) -> str | None:
    """Which of the forms an answer of this shape has, to a square of this side; None: of none."""
    if len(shape) != 3 or shape[0] != 1:  # noqa: PLR2004 - (1, rows, columns)
        return None
    _, rows, columns = shape
    places = sum((side // stride) ** 2 for stride in STRIDES)
    fits = {
        YOLOX: rows == places and columns > BOX,
        YOLOV5: rows == 3 * places and columns > BOX,
        YOLOV8: columns == places and rows >= BOX,
        END_TO_END: columns == FOUND,
    }
    return next((form for form, fitting in fits.items() if fitting), None)


class ONNX(Network):
    """Finds objects with a network that answers in one of four forms, told by its shape.

    Source: Ge et al., "YOLOX", 2021, for its own: each place of three grids has a box, an
    objectness and class probabilities; boxes of one class that overlap are one object. YOLOX sees
    BGR from 0 to 255, the others RGB from 0 to 1.

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
        self._side, self._form = self._fitting()

    def boxes(self, image: NDArray[np.uint8]) -> Boxes:
        scale = min(self._side / image.shape[0], self._side / image.shape[1])
        answer = self._answer(_letterboxed(image, self._side, scale), self._form)[0]
        boxes = self._found(answer)
        boxes[:, :4] /= scale
        return boxes

    def _found(self, answer: Places) -> Boxes:
        """(n, 5) in pixels of the square."""
        if self._form == END_TO_END:
            return wanted(answer, self.config)
        if self._form == YOLOV8:
            return kept(answer.T[:, :4], answer.T[:, 4:], self.config)
        if self._form == YOLOX and not self.config.decoded:
            answer = decoded(answer, self._side)
        return kept(answer[:, :4], answer[:, 4:BOX] * answer[:, BOX:], self.config)

    def _fitting(self) -> tuple[int, str]:
        """The side of the square that the network takes, and the form of its answer."""
        shapes: list[tuple[int, ...]] = []
        for side in dict.fromkeys([self.config.size, *SIDES]):
            try:
                shape = self._answer(np.full((side, side, 3), GREY, np.uint8), YOLOX).shape
            except cv2.error:
                continue
            shapes.append(shape)
            if form := form_of(shape, side):
                return side, form
        if not shapes:
            raise self.unusable(f"take no image of {', '.join(map(str, SIDES))} pixels")
        raise self.unusable(f"answer in the shape {shapes[0]}, as none of {', '.join(FORMS)} does")

    def _answer(self, canvas: NDArray[np.uint8], form: str) -> Places:
        scale = 1.0 if form == YOLOX else 1 / 255
        self._network.setInput(cv2.dnn.blobFromImage(canvas, scale, swapRB=form == YOLOX))
        return np.asarray(self._network.forward(), np.float32)


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


def kept(boxes: NDArray[np.float32], scores: NDArray[np.float32], config: ONNXConfig) -> Boxes:
    """(n, 5) corners and confidence of what is an object of the wanted classes, doubles left out.

    Args:
        boxes: (places, 4) centre and size.
        scores: (places, classes).
        config: Which classes, how sure, and how much two boxes of one object overlap.
    """
    classes, confidence = scores.argmax(axis=1), scores.max(axis=1)
    sure = _wanted(classes, confidence, config)
    corner, size = boxes[sure, :2] - boxes[sure, 2:4] / 2, boxes[sure, 2:4]
    confidence, classes = confidence[sure], classes[sure]
    rows = cv2.dnn.NMSBoxesBatched(
        np.concatenate([corner, size], axis=1).tolist(),
        confidence.tolist(),
        classes.tolist(),
        config.confidence,
        config.overlap,
    )
    found = np.concatenate([corner, corner + size, confidence[:, None]], axis=1)
    return found[np.asarray(rows, int).ravel()].astype(np.float32).reshape(-1, 5)


def wanted(found: NDArray[np.float32], config: ONNXConfig) -> Boxes:
    """(n, 6) corners, confidence and class -> (m, 5) of the wanted classes that are sure enough."""
    return found[_wanted(found[:, 5].astype(int), found[:, 4], config), :5].copy()


def _wanted(
    classes: NDArray[np.int64], confidence: NDArray[np.float32], config: ONNXConfig
) -> NDArray[np.bool_]:
    sure = confidence >= config.confidence
    return sure & np.isin(classes, config.classes) if config.classes else sure

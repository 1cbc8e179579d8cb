"""A detector of ultralytics. The library is AGPL-3.0 and no part of vadkit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from vadkit_teachers.object_cards import YOLO_WEIGHTS
from vadkit_teachers.yolo import ultralytics

from vadkit.api import Boxes, Detector, Seen, Video
from vadkit_detectors import YOLOConfig
from vadkit_detectors.regions import blacked_out
from vadkit_detectors.weights import fingerprint, found, unusable

GREY = 114
"""What YOLO was trained to see beside the image."""


class YOLO(Detector[YOLOConfig]):
    """Finds objects with any detector that ultralytics can read.

    Objects that were found before are painted over with grey.

    Raises:
        DataError: The file is missing or of another task.
    """

    def __init__(self, config: YOLOConfig) -> None:
        super().__init__(config)
        self._path = found(config.weights, "yolo", YOLO_WEIGHTS)
        self._model = ultralytics().YOLO(str(self._path))
        if self._model.task != "detect":
            fault = f"are of the task {self._model.task!r}, not 'detect'"
            raise unusable(self._path, "yolo", fault, YOLO_WEIGHTS)

    def fingerprint(self) -> str:
        return fingerprint(self._path)

    def detect(self, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        for seen in stream:
            image = blacked_out(seen.frame.image, seen.boxes, GREY)
            yield Seen(seen.frame, np.concatenate([seen.boxes, self._boxes(image)]))

    def _boxes(self, image: NDArray[np.uint8]) -> Boxes:
        """(H, W, C) -> (n, 5) in pixels of the image."""
        colour = image if image.shape[2] > 1 else np.repeat(image, 3, axis=2)
        of = self.config
        (answer,) = self._model.predict(
            np.ascontiguousarray(colour[..., ::-1]),  # ultralytics takes arrays for BGR
            imgsz=of.size,
            conf=of.confidence,
            iou=of.overlap,
            classes=list(of.classes) or None,
            verbose=False,
        )
        corners, confidence = answer.boxes.xyxy.cpu().numpy(), answer.boxes.conf.cpu().numpy()
        return np.concatenate([corners, confidence[:, None]], axis=1).astype(np.float32)

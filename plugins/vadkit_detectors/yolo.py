"""A detector of ultralytics. The library is AGPL-3.0 and no part of vadkit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vadkit_teachers.object_cards import YOLO_WEIGHTS
from vadkit_teachers.yolo import ultralytics

from vadkit.api import Boxes
from vadkit_detectors import YOLOConfig
from vadkit_detectors.network import Network


class YOLO(Network):
    """Finds objects with any detector that ultralytics can read.

    Raises:
        DataError: The file is missing or of another task.
    """

    config: YOLOConfig

    def __init__(self, config: YOLOConfig) -> None:
        super().__init__(config, "yolo", YOLO_WEIGHTS)
        self._model = ultralytics().YOLO(str(self._path))
        if self._model.task != "detect":
            raise self.unusable(f"are of the task {self._model.task!r}, not 'detect'")

    def boxes(self, image: NDArray[np.uint8]) -> Boxes:
        colour = image if image.shape[2] > 1 else np.repeat(image, 3, axis=2)
        config = self.config
        (answer,) = self._model.predict(
            np.ascontiguousarray(colour[..., ::-1]),  # ultralytics takes arrays for BGR
            imgsz=config.size,
            conf=config.confidence,
            iou=config.overlap,
            classes=list(config.classes) or None,
            verbose=False,
        )
        corners, confidence = answer.boxes.xyxy.cpu().numpy(), answer.boxes.conf.cpu().numpy()
        return np.concatenate([corners, confidence[:, None]], axis=1).astype(np.float32)

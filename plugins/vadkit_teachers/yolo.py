"""Models of ultralytics about objects. The library is AGPL-3.0 and no part of vadkit."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import torch
from torch import Tensor, nn

from vadkit.api import Teacher
from vadkit_teachers import object_cards
from vadkit_teachers.object_cards import YOLO_POSE, YOLOConfig, YOLOPoseConfig
from vadkit_teachers.pixels import heatmaps, own_frame
from vadkit_teachers.stretched import in_canvas, margins, surest
from vadkit_teachers.weights import Weights, library

BOX = 4
"""Numbers before the classes."""
JOINT = 3
"""Numbers a joint: x, y and how sure it is to be seen."""


class YOLO(Teacher[YOLOConfig]):
    """A detector's class probabilities (B, K): those of the place that is surest of anything.

    Source: Barbalau et al., CVIU 2023, T4, where the classes come with the detector's boxes. Here
    the network sees the object again, alone on grey, in a small image.

    Raises:
        DataError: The file is missing or of another network.
    """

    def __init__(self, config: YOLOConfig) -> None:
        super().__init__(config)
        weights = Weights(object_cards.YOLO, config.weights)
        self.network, _ = _network(weights, "detect")
        self.eval()

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, K)."""
        output = self.network(in_canvas(own_frame(clips), self.config.size))[0]
        return surest(output[:, BOX:].transpose(1, 2))


class YOLOPose(Teacher[YOLOPoseConfig]):
    """Gaussians around the joints of the surest person: (B, J, cells, cells).

    A joint that the network does not think to see is as faint as it is unsure.

    Raises:
        DataError: The file is missing or of another network.
    """

    def __init__(self, config: YOLOPoseConfig) -> None:
        super().__init__(config)
        weights = Weights(YOLO_POSE, config.weights)
        self.network, classes = _network(weights, "pose")
        self.joints = BOX + classes
        self.eval()

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, J, cells, cells)."""
        output = self.network(in_canvas(own_frame(clips), self.config.size))[0]
        place = output[:, BOX : self.joints].amax(dim=1).argmax(dim=1)
        joints = output[torch.arange(len(output)), self.joints :, place]
        return self._drawn(joints.unflatten(1, (-1, JOINT)))

    def _drawn(self, joints: Tensor) -> Tensor:
        """(B, J, 3) in pixels of the canvas -> (B, J, cells, cells)."""
        left, _, top, _ = margins(self.config.size)
        height, width = self.config.size
        corner, box = joints.new_tensor([left, top]), joints.new_tensor([width, height])
        points = (joints[..., :2] - corner) / box
        size = (self.config.cells, self.config.cells)
        return heatmaps(points, size, self.config.width) * joints[..., 2, None, None]


def ultralytics() -> Any:
    """The library, told not to ask the network and to install nothing."""
    os.environ.setdefault("YOLO_OFFLINE", "1")
    os.environ.setdefault("YOLO_AUTOINSTALL", "0")
    os.environ.setdefault("YOLO_CONFIG_DIR", tempfile.mkdtemp())
    return library("ultralytics")


def _network(weights: Weights, task: str) -> tuple[nn.Module, int]:
    """Read a model and its number of classes."""
    model: Any = ultralytics().YOLO(str(weights.place))
    if model.task != task:
        raise weights.error(f"are of the task {model.task!r}, not {task!r}")
    head = model.model.model[-1]
    if getattr(head, "end2end", False):
        # The answers of the newest models are sorted out already and lack class probabilities.
        head.end2end = False
        if head.end2end:
            raise weights.error("were fused to one answer an object, without probabilities")
    return model.model.float(), head.nc

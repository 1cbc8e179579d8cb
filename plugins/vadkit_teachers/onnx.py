"""Networks in ONNX files about objects, run by OpenCV on the CPU."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vadkit.api import DataError, Teacher
from vadkit_teachers import object_cards
from vadkit_teachers.object_cards import POSE_ONNX, PoseONNXConfig, YOLOXConfig
from vadkit_teachers.pixels import normalised, own_frame
from vadkit_teachers.stretched import in_canvas, surest
from vadkit_teachers.weights import Weights

BOX, DIMENSIONS = 5, 3
"""Numbers before the classes: a box and its objectness; a YOLOX answers (1, places, numbers)."""
MAPS = 4
"""Dimensions of heatmaps (1, J, h, w)."""


class YOLOX(Teacher[YOLOXConfig]):
    """A YOLOX's class probabilities (B, K): those of the place that is surest of anything.

    Source: Barbalau et al., CVIU 2023, T4, where the classes come with the detector's boxes. Here
    the network sees the object again, alone on grey, in a small image.

    Raises:
        DataError: The file is missing or of another network.
    """

    def __init__(self, config: YOLOXConfig) -> None:
        super().__init__(config)
        self.weights = Weights(object_cards.YOLOX, config.weights)
        self.network = _network(self.weights)
        self.register_buffer("digest", self.weights.digest())

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, K)."""
        # YOLOX was trained on BGR from 0 to 255, without mean and deviation.
        image = in_canvas(own_frame(clips), self.config.size).flip(1) * 255
        output = _answers(self.network, self.weights, image)[:, 0]
        if output.ndim != DIMENSIONS or output.shape[2] <= BOX:
            raise _another(self.weights, output)
        return surest(output[..., BOX - 1 : BOX] * output[..., BOX:]).to(clips.device)


class PoseONNX(Teacher[PoseONNXConfig]):
    """A pose network's heatmaps (B, J, h, w) of the object, which fills its input.

    Raises:
        DataError: The file is missing or of another network.
    """

    def __init__(self, config: PoseONNXConfig) -> None:
        super().__init__(config)
        self.weights = Weights(POSE_ONNX, config.weights)
        self.network = _network(self.weights)
        self.register_buffer("digest", self.weights.digest())

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, J, h, w)."""
        image = F.interpolate(own_frame(clips), self.config.size, mode="bilinear", antialias=True)
        output = _answers(self.network, self.weights, normalised(image))[:, 0]
        if output.ndim != MAPS:
            raise _another(self.weights, output)
        return output.to(clips.device)


def _network(weights: Weights) -> Any:
    try:
        return cv2.dnn.readNetFromONNX(str(weights.place))
    except cv2.error as error:
        raise weights.error("are no ONNX file that OpenCV can read") from error


def _answers(network: Any, weights: Weights, images: Tensor) -> Tensor:
    """(B, 3, H, W) -> (B, *the network's answer); files are often exported for one image."""
    return torch.from_numpy(np.stack([_answer(network, weights, image) for image in images]))


def _answer(network: Any, weights: Weights, image: Tensor) -> NDArray[np.float32]:
    try:
        network.setInput(image[None].cpu().numpy())
        return np.asarray(network.forward(), np.float32)
    except cv2.error as error:
        raise weights.error(f"take no image of {tuple(image.shape[-2:])} pixels") from error


def _another(weights: Weights, output: Tensor) -> DataError:
    return weights.error(f"are of another kind of network, which answers {tuple(output.shape)}")

"""MoveNet in an ONNX file, run by OpenCV on the CPU: the joints of one person in a square image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vadkit.api import DataError, Teacher
from vadkit_teachers.object_cards import MOVENET, MoveNetConfig
from vadkit_teachers.pixels import own_frame
from vadkit_teachers.stretched import GREY
from vadkit_teachers.weights import Weights

Floats = NDArray[np.float32]
JOINTS = 17
SIDE, CELLS = 192, 48
"""Of the image in pixels, and of its maps."""
OUTPUTS = {"heat": JOINTS, "ctr": 1, "reg": 2 * JOINTS, "off": 2 * JOINTS}
"""Maps of the network, and the channels of each: y and x of a joint follow each other."""
SOFTENING = 1.8
"""Cells that are added to a distance before something is divided by it."""


@dataclass(frozen=True)
class Maps:
    """What the network says of an image."""

    heat: Floats
    """(17, 48, 48) probability that a joint is in a cell, of whomever."""
    rough: Floats
    """(17, 2) y and x, in cells, at which the person in the middle has about its joints."""
    offsets: Floats
    """(17, 2, 48, 48) from a cell to the joint in it, in cells."""

    @property
    def of_the_person(self) -> Floats:
        """(17, 48, 48): `heat`, less the farther a cell is from the rough place of the joint."""
        rows, columns = np.mgrid[:CELLS, :CELLS].astype(np.float32)
        down, across = rows - self.rough[:, 0, None, None], columns - self.rough[:, 1, None, None]
        return self.heat * SOFTENING / (np.hypot(down, across) + SOFTENING)

    @property
    def keypoints(self) -> Floats:
        """(17, 3): x and y as shares of the image, and the probability that the joint is there."""
        joints = np.arange(JOINTS)
        best = self.of_the_person.reshape(JOINTS, -1).argmax(axis=1)
        row, column = np.unravel_index(best, (CELLS, CELLS))
        offset = self.offsets[joints, :, row, column]  # (17, 2)
        places = [(column + offset[:, 1]) / CELLS, (row + offset[:, 0]) / CELLS]
        return np.stack([*places, self.heat[joints, row, column]], axis=1).astype(np.float32)


class MoveNet:
    """The network.

    Source: Google, "MoveNet", 2021 (no paper; the model card and its graph). The person is the one
    whose centre's probability, divided by the distance to the image's centre, is the greatest.

    Args:
        path: The ONNX file: x (n, 3, 192, 192) from -1 to 1 -> heat, ctr, reg and off.
        unusable: Makes an error of what is wrong with it.

    Raises:
        DataError: It is no such file.
    """

    def __init__(self, path: Path, unusable: Callable[[str], DataError]) -> None:
        self._unusable = unusable
        try:
            self._network = cv2.dnn.readNetFromONNX(str(path))
        except cv2.error as error:
            raise unusable("are no ONNX file that OpenCV can read") from error
        names = sorted(self._network.getUnconnectedOutLayersNames())
        if names != sorted(OUTPUTS):
            raise unusable(f"are of another kind of network, which answers {', '.join(names)}")

    def maps(self, image: Floats) -> Maps:
        """What it says of an RGB image (3, 192, 192) in [0, 1]."""
        heat, centre, rough, offsets = self._answers(image * 2 - 1)
        rows, columns = np.mgrid[:CELLS, :CELLS].astype(np.float32)
        middle = np.hypot(rows - CELLS // 2, columns - CELLS // 2)
        best = (_sigmoid(centre[0]) / (middle + SOFTENING)).argmax()
        row, column = np.unravel_index(best, (CELLS, CELLS))
        places = rough.reshape(JOINTS, 2, CELLS, CELLS)[..., row, column] + [row, column]
        shape = (JOINTS, 2, CELLS, CELLS)
        return Maps(_sigmoid(heat), places.astype(np.float32), offsets.reshape(shape))

    def _answers(self, image: Floats) -> list[Floats]:
        """(channels, 48, 48) for each of `OUTPUTS`."""
        try:
            self._network.setInput(image[None])
            answers = [np.asarray(of)[0] for of in self._network.forward([*OUTPUTS])]
        except cv2.error as error:
            raise self._unusable(f"take no image of {SIDE} x {SIDE} pixels") from error
        shapes = [(channels, CELLS, CELLS) for channels in OUTPUTS.values()]
        if [of.shape for of in answers] != shapes:
            raise self._unusable(f"are of another kind of network: heat is {answers[0].shape}")
        return answers


class MoveNetPose(Teacher[MoveNetConfig]):
    """MoveNet's heatmaps (B, 17, h, w) of the object, which is shown to it alone on grey.

    Each joint's map is what MoveNet looks for its maximum in: the probability of the joint, less
    the farther a cell is from where the person in the middle has it about.

    Raises:
        DataError: The file is missing or of another network.
    """

    def __init__(self, config: MoveNetConfig) -> None:
        super().__init__(config)
        self.weights = Weights(MOVENET, config.weights)
        self.network = MoveNet(self.weights.place, self.weights.error)
        self.register_buffer("digest", self.weights.digest())

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, 17, height / 4, width / 4) of the option `size`."""
        images = F.interpolate(own_frame(clips), self.config.size, mode="bilinear", antialias=True)
        above, beside = ((SIDE - side) // 2 for side in self.config.size)
        shown = F.pad(images, (beside, beside, above, above), value=GREY).cpu().numpy()
        maps = torch.from_numpy(np.stack([self.network.maps(of).of_the_person for of in shown]))
        top, left = (margin * CELLS // SIDE for margin in (above, beside))
        return maps[..., top : CELLS - top, left : CELLS - left].to(clips.device)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)

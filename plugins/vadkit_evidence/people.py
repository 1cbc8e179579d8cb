"""People in boxes: their joints, read by MoveNet from the frame around each box."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from vadkit_detectors.weights import file_in, fingerprint
from vadkit_teachers.movenet import JOINTS, SIDE, MoveNet
from vadkit_teachers.object_cards import MOVENET_WEIGHTS

from vadkit.api import Boxes, DataError
from vadkit_evidence.cards import MOVENET

WIDER = 1.25
"""Side of the square that is shown, in longer sides of the box."""
BODY = slice(5, JOINTS)
"""COCO's twelve joints below the head."""
TURNS = (0, 1, -1)
"""Quarter turns against the clock."""

Joints = NDArray[np.float32]
"""(17, 3): x, y and confidence of COCO's joints."""


class People:
    """Reads the joints of the person in each box.

    Args:
        weights: The file; `MOVENET` in the working directory where it is None.
        sha256: Of the file, which may have moved to a usual place; any where empty.

    Raises:
        DataError: The file of the weights is missing or of another network.
    """

    def __init__(self, weights: Path | None, sha256: str = "") -> None:
        self._path = movenet_file(weights, sha256)
        self._network = MoveNet(self._path, partial(_unusable, self._path))

    def fingerprint(self) -> str:
        """A hash of the weights."""
        return fingerprint(self._path)

    def joints(self, image: NDArray[np.uint8], boxes: Boxes) -> list[Joints]:
        """(H, W, C) and (n, 5) -> n times (17, 3), in pixels of the image.

        People who lie are read badly as they are; so wide boxes are turned both ways, too, and of
        the three readings the one is kept that is surest of the body.
        """
        return [max(self._readings(image, box), key=confidence) for box in boxes[:, :4]]

    def _readings(self, image: NDArray[np.uint8], box: NDArray[np.float32]) -> Iterator[Joints]:
        left, top, right, bottom = box.tolist()
        side = WIDER * max(right - left, bottom - top, 1)
        corner = np.array([(left + right - side) / 2, (top + bottom - side) / 2])
        shown = square(image, corner, side)
        for turns in TURNS if right - left > bottom - top else TURNS[:1]:
            turned = np.ascontiguousarray(np.rot90(shown, turns).transpose(2, 0, 1))
            joints = self._network.maps(turned).keypoints
            places = turned_back(joints[:, :2], turns) * side + corner
            yield np.concatenate([places, joints[:, 2:]], axis=1).astype(np.float32)


def movenet_file(weights: Path | None, sha256: str = "") -> Path:
    """The network's file; arguments and errors are those of `People`."""
    place = (weights or Path(MOVENET)).expanduser().absolute()
    return file_in(place, sha256, _unusable)


def _unusable(place: Path, fault: str) -> DataError:
    return DataError(
        f"The weights {place} of the evidence part 'posture' {fault}.",
        f"Wanted is {MOVENET_WEIGHTS}. Put it there, or name its place in the recipe: "
        '[evidence.posture] weights = "...".',
    )


def confidence(joints: Joints) -> float:
    """How sure the network is of the body: the mean over the joints below the head."""
    return float(joints[BODY, 2].mean())


def square(
    image: NDArray[np.uint8], corner: NDArray[np.float64], side: float
) -> NDArray[np.float32]:
    """A square of the image in [0, 1], black beyond its edges: (192, 192, 3)."""
    scale = SIDE / side
    shift = scale * (0.5 - corner) - 0.5  # pixels' centres lie on pixels' centres
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    shown = cv2.warpAffine(image, matrix, (SIDE, SIDE)).reshape(SIDE, SIDE, -1)
    return np.broadcast_to(shown.astype(np.float32) / 255, (SIDE, SIDE, 3))


def turned_back(places: NDArray[np.float32], turns: int) -> NDArray[np.float32]:
    """Places (n, 2), x and y as shares of an image after quarter turns, before them."""
    x, y = places.T
    return np.stack({0: (x, y), 1: (1 - y, x), -1: (y, 1 - x)}[turns], axis=1)

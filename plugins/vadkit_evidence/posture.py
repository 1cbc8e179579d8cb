"""How people hold their bodies and move them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from vadkit_teachers.movenet import JOINTS

from vadkit.api import (
    Boxes,
    Evidence,
    Rows,
    Seen,
    Window,
    link_boxes,
    neighbour_distance,
    windows,
)
from vadkit_evidence.cards import PostureConfig
from vadkit_evidence.chains import chain_ends
from vadkit_evidence.people import Joints, People, confidence

SHOULDERS, HIPS = [5, 6], [11, 12]
PLACES = 2 * JOINTS
POSE = PLACES + JOINTS
"""Numbers of a pose: x and y of each joint, then how sure each is."""
CHUNK = 128
"""Poses that are compared at once, in double precision."""


@dataclass(frozen=True)
class _Moment:
    """A frame's boxes, and the people in them."""

    boxes: Boxes
    rows: Rows
    """(n, 52): the pose and the lean; zeros where there is no person."""
    links: Mapping[int, int]
    """Box -> the same object's box in the frame before."""


class Posture(Evidence[PostureConfig]):
    """Joints of people. A box without one has 0 throughout: nothing unusual can be said of it.

    Attributes:
        shape: Mean distance of the joints, from the hips' centre in box heights, to training
            people; a joint counts by the confidence in it, of both.
        motion: The same of the joints' displacement a frame along linked boxes; 0 where these go
            over fewer frames than `reach`.
        lean: Angle of the torso from upright, in degrees.
    """

    def __init__(self, config: PostureConfig) -> None:
        super().__init__(config)
        self._people = People(config.weights, config.sha256)

    def fingerprint(self) -> str:
        """Which weights."""
        return self._people.fingerprint()

    def describe(self, frames: Iterator[Seen]) -> Iterator[Rows]:
        """(n, 103): the pose, how it changes, and the lean."""
        reach = self.config.reach
        for window in windows(self._moments(frames), reach, reach):
            rows = window.at(0).rows
            moved = [_moved(window, row, reach) for row in range(len(rows))]
            changes = np.array(moved, np.float32).reshape(-1, POSE)
            yield np.concatenate([rows[:, :POSE], changes, rows[:, POSE:]], axis=1)

    def fit(self, rows: Rows, videos: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Poses and their changes."""
        return {"rows": rows[:, :-1], "videos": videos}

    def measure(
        self, rows: Rows, bank: Any, videos: NDArray[np.int64] | None = None
    ) -> dict[str, NDArray[np.floating[Any]]]:
        """The attributes (n,) each."""
        apart = None if videos is None else (videos, bank["videos"])
        training, neighbours = bank["rows"], self.config.neighbours
        shape, motion = (
            neighbour_distance(rows[:, of], training[:, of], neighbours, apart, pose_distances)
            for of in (slice(POSE), slice(POSE, 2 * POSE))
        )
        return {"shape": shape, "motion": motion, "lean": rows[:, -1]}

    def _moments(self, frames: Iterator[Seen]) -> Iterator[_Moment]:
        before = _Moment(np.empty((0, 5), np.float32), np.empty((0, POSE + 1), np.float32), {})
        for number, seen in enumerate(frames):
            links = link_boxes(before.boxes, seen.boxes, self.config.overlap)
            kept = links if number % self.config.every else {}
            rows = np.empty((len(seen.boxes), POSE + 1), np.float32)
            read = [row for row in range(len(rows)) if row not in kept]
            rows[read] = self._read(seen.frame.image, seen.boxes[read])
            rows[[*kept]] = before.rows[[*kept.values()]]
            before = _Moment(seen.boxes, rows, links)
            yield before

    def _read(self, image: NDArray[np.uint8], boxes: Boxes) -> Rows:
        """(n, 52)."""
        joints = self._people.joints(image, boxes)
        rows = [_person(*of, self.config.sure) for of in zip(joints, boxes, strict=True)]
        return np.array(rows, np.float32).reshape(-1, POSE + 1)


def _person(joints: Joints, box: NDArray[np.float32], sure: float) -> Rows:
    """(52,): the pose, joints from the hips' centre in box heights, and the lean.

    Zeros unless the network is sure of a person.
    """
    if confidence(joints) < sure:
        return np.zeros(POSE + 1, np.float32)
    places = joints[:, :2]
    hips = places[HIPS].mean(axis=0)
    torso = places[SHOULDERS].mean(axis=0) - hips
    lean = np.degrees(np.arctan2(abs(torso[0]), -torso[1]))  # y goes down
    relative = (places - hips) / max(box[3] - box[1], 1)
    return np.concatenate([relative.ravel(), joints[:, 2], [lean]]).astype(np.float32)


def _moved(window: Window[_Moment], row: int, reach: int) -> Rows:
    """(51,): how a pose changes a frame along its box's links, and how sure each joint is."""
    (first, box), (last, other) = chain_ends(window.items, window.centre, row)
    if last - first < reach:
        return np.zeros(POSE, np.float32)
    old, new = window.items[first].rows[box, :POSE], window.items[last].rows[other, :POSE]
    sure = np.minimum(old[PLACES:], new[PLACES:])
    return np.concatenate([(new - old)[:PLACES] / (last - first), sure])


def pose_distances(poses: Tensor, others: Tensor) -> Tensor:
    """(n, 51) and (m, 51) -> (n, m), infinite where no joint is seen in both.

    The root of the mean of squared differences of places, weighed by the confidence in the joint,
    of one times of the other.
    """
    y, w = _places_and_weights(others)
    columns = torch.cat([w, w * y, w * y.square()], dim=1).T
    return torch.cat([_distances(some, columns) for some in poses.split(CHUNK)])


def _distances(poses: Tensor, columns: Tensor) -> Tensor:
    """The sums of v w (x - y)^2 as one product."""
    x, v = _places_and_weights(poses)
    squares = torch.cat([v * x.square(), -2 * v * x, v], dim=1) @ columns
    total = v @ columns[:PLACES]
    mean = squares.clamp(min=0) / total
    return torch.where(total > 0, mean.sqrt(), torch.inf).float()


def _places_and_weights(poses: Tensor) -> tuple[Tensor, Tensor]:
    """(n, 51) -> (n, 34) coordinates and (n, 34) their joints' confidences, in double precision."""
    poses = poses.double()
    return poses[:, :PLACES], poses[:, PLACES:].repeat_interleave(2, dim=1)

"""Context: what teachers say about units, looked up in their answers about the videos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vadkit.data.detection import Boxes
from vadkit.data.store.video_shards import Shard
from vadkit.data.teachers.bound_teacher import Rows
from vadkit.data.teachers.outputs import Outputs
from vadkit.data.units import Units
from vadkit.errors import DataError
from vadkit.registry.cards import Need

MAPS = ("segmentation", "depth", "flow")
"""Roles whose answers are maps of the whole frame, cut to the unit's box."""


@dataclass(frozen=True)
class ContextReader:
    """Reads the answers to a need about the units of a split."""

    need: Need
    outputs: Outputs
    shards: Callable[[int], Shard]
    """Number of a video -> its shard of the answers."""
    units: Units
    size: tuple[int, int]
    """Height and width to which maps are resized."""

    def __call__(self, index: Tensor) -> Tensor:
        """The answers (B, ...) about the units `index` (B,).

        Frames beyond a video's ends count as its first and last. Maps are cut to the units' boxes
        and resized; flow stays in pixels of the video.

        Raises:
            DataError: The answers for two videos differ in shape.
        """
        rows, teacher = index.cpu().numpy(), self.outputs.teacher
        order = np.argsort(self.units.video[rows], kind="stable")
        steps = np.flatnonzero(np.diff(self.units.video[rows[order]])) + 1
        answers = [self._of_video(part) for part in np.split(rows[order], steps)]
        if len({part.shape[1:] for part in answers}) > 1:
            raise DataError(
                f"The answers for {self.need.role!r} differ in shape from video to video.",
                f"The teacher {teacher.name!r} asks for videos of one size.",
            )
        return torch.cat(answers)[torch.from_numpy(np.argsort(order))].to(teacher.device)

    def _of_video(self, rows: Rows) -> Tensor:
        """(rows, ...): the answers about units of one video."""
        video = int(self.units.video[rows[0]])
        shard = self.shards(video)
        answers = torch.from_numpy(self.outputs.read(shard, self.need, self.units, rows))
        if self.need.role not in MAPS or self.outputs.teacher.sampling.unit == "object":
            return answers
        return cut_to_boxes(answers, self.units.boxes[rows], self.units.sizes[video], self.size)


def cut_to_boxes(
    maps: Tensor, boxes: Boxes, frame: Sequence[int] | NDArray[np.int64], size: tuple[int, int]
) -> Tensor:
    """Cut boxes out of maps of their frames and resize them bilinearly; images: `crops.crop`.

    Args:
        maps: (B, K, H, W).
        boxes: (B, 5) x1, y1, x2, y2 in pixels, confidence.
        frame: Height and width of the frames in pixels.
        size: Height and width of the answer (B, K, *size).
    """
    height, width = frame
    shares = torch.from_numpy(boxes[:, :4] / np.array([width, height] * 2, np.float32))
    low, high = shares[:, :2], shares[:, 2:]
    zoom, centre = high - low, high + low - 1  # in the sampling grid's [-1, 1]
    turn = torch.cat([torch.diag_embed(zoom), centre[:, :, None]], dim=2)  # (B, 2, 3)
    grid = F.affine_grid(turn, [len(maps), 1, *size], align_corners=False)
    return F.grid_sample(maps, grid, padding_mode="border", align_corners=False)

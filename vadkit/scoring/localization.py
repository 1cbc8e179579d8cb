"""Where a whole frame is unusual: the connected regions of its error map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.data.units import Units
from vadkit.distributed.shards import dealt, in_order
from vadkit.distributed.world import World
from vadkit.metrics.region_metrics import Detections
from vadkit.recipe import ScoreName

Floats = NDArray[np.float64]

PEAK = 0.5
"""Share of a frame's greatest error that a pixel of a region has at least."""
NOISE = (3, 3)
"""Pixels over which errors are averaged first: a single one says little."""


def connected_regions(errors: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """The 8-connected regions of a map (h, w) whose errors are near its greatest.

    No threshold has to be set: a frame in which all is well has regions, too, with low scores.

    Returns:
        Boxes (k, 4) as x1, y1, x2, y2 in shares of width and height, and (k,) mean errors.
    """
    even = cv2.blur(np.ascontiguousarray(errors, np.float32), NOISE)
    high = even >= PEAK * even.max() if even.max() > 0 else np.zeros(even.shape, bool)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(high.astype(np.uint8))
    sums = np.bincount(labels.ravel(), weights=even.ravel(), minlength=count)
    left, top, width, height, area = stats[1:].astype(np.float64).T
    sides = np.array(errors.shape)[[1, 0, 1, 0]]
    return np.stack([left, top, left + width, top + height], axis=1) / sides, sums[1:] / area


@dataclass
class _Seen:
    """What is kept of one score's maps."""

    rows: list[int] = field(default_factory=list)
    """Row of the unit that each region is in."""
    boxes: list[Floats] = field(default_factory=list)
    errors: list[Floats] = field(default_factory=list)
    means: list[float] = field(default_factory=list)
    """Of each map, in order."""


class ErrorMaps:
    """The regions of maps that were seen batch after batch; the maps themselves are not kept."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    @classmethod
    def joined(cls, maps: Iterable[ErrorMaps]) -> ErrorMaps:
        """Those of several tasks as one."""
        joined = cls()
        for of_task in maps:
            joined._seen |= of_task._seen
        return joined

    def see(self, name: str, maps: Tensor) -> None:
        """Take the maps (B, h, w) of the next units under the name `task.score`."""
        regions = self._seen.setdefault(name, _Seen())
        for errors in maps.numpy():
            boxes, means = connected_regions(errors)
            regions.rows += [len(regions.means)] * len(boxes)
            regions.boxes.append(boxes)
            regions.errors.append(means)
            regions.means.append(float(errors.mean()))

    def collect(self, world: World, batch: int) -> None:
        """Take what every rank saw, each its batches of so many units."""
        if world.size > 1:
            local = self._seen
            self._seen = {
                name: _collected(world, local.get(name, _Seen()), batch)
                for name in world.names(local)
            }

    def detections(self, units: Units, weights: Mapping[ScoreName, float]) -> dict[str, Detections]:
        """The regions of every video under all scores that have maps.

        A region's score is its mean error as a multiple of the usual one of the same score, so
        that scores of several tasks are of one scale.

        Args:
            units: The whole frames that were seen, in order.
            weights: Which scores count, and how much.
        """
        names = [name for name in weights if name in self._seen]
        if not names:
            return {}
        parts = [self._placed(name, units, weights[name]) for name in names]
        row, boxes, score = (np.concatenate([part[i] for part in parts]) for i in range(3))
        video = units.video[row]
        rows = [video == number for number in range(len(units.videos))]
        return {
            name: Detections(units.frame[row[of_video]], boxes[of_video], score[of_video])
            for name, of_video in zip(units.videos, rows, strict=True)
        }

    def _placed(
        self, name: str, units: Units, weight: float
    ) -> tuple[NDArray[np.int64], Floats, Floats]:
        """(n,) units, (n, 4) boxes in pixels of the video, (n,) scores."""
        regions = self._seen[name]
        row = np.array(regions.rows, np.int64)
        sides = units.sizes[units.video[row]][:, [1, 0, 1, 0]]
        usual = sum(regions.means) / len(regions.means) or 1.0
        return (
            row,
            np.concatenate(regions.boxes) * sides,
            weight * np.concatenate(regions.errors) / usual,
        )


def _collected(world: World, local: _Seen, batch: int) -> _Seen:
    means = in_order(world, torch.tensor(local.means, dtype=torch.float64), batch)
    units = dealt(len(means), batch, world.rank, world.size)
    rows = world.gathered(units[torch.tensor(local.rows, dtype=torch.int64)])
    boxes = world.gathered(torch.from_numpy(np.concatenate([np.empty((0, 4)), *local.boxes])))
    errors = world.gathered(torch.from_numpy(np.concatenate([np.empty(0), *local.errors])))
    order = rows.argsort(stable=True)
    return _Seen(
        rows[order].tolist(), [boxes[order].numpy()], [errors[order].numpy()], means.tolist()
    )

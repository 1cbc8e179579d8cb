"""Stores: units cut once, kept on disk, read many times.

A store's folder is named by a hash of everything that decides what is in it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vadkit.data.crops import Cutting
from vadkit.data.store.shard_files import Stored
from vadkit.data.store.video_shards import Parts, Source, Told
from vadkit.data.units import Units
from vadkit.registry.cards import Sampling
from vadkit.utils.hashing import hash_of

REVISION = 2
"""Raised when the same video would be cut differently, or written in other files."""

DEVICE_SHARE = 0.3
"""A store moves to a GPU if it takes no more than this share of the free memory there."""


class Store(ABC):
    """Units and the clips around them."""

    def __init__(self, stored: Stored, cutting: Cutting) -> None:
        self.stored = stored
        self.cutting = cutting
        self.units = stored.units

    @abstractmethod
    def clips(self, index: Tensor, sampling: Sampling) -> Tensor:
        """Gather the clips of the units `index` (B,) as (B, N, C, T, H, W) uint8."""

    def report(self) -> dict[str, int]:
        """What was seen, repaired and dropped, by name."""
        units = self.units
        short = units.lengths < self.cutting.offsets[-1] - self.cutting.offsets[0] + 1
        empty = ~np.isin(np.arange(len(units.videos)), units.video)
        counted = {"units": len(units), "videos": len(units.videos)}
        counted |= {"videos_shorter_than_clip": int(short.sum())}
        counted |= {"videos_without_units": int(empty.sum())}
        return {**self.stored.counts, **counted}

    def to(self, device: torch.device) -> None:
        """Move the whole store to a GPU with room for it; elsewhere it stays where it is."""
        data = self.stored.data
        if device.type == "cuda" and data.device.type == "cpu":
            free, _ = torch.cuda.mem_get_info(device)
            if data.nbytes <= DEVICE_SHARE * free:
                self.stored = replace(self.stored, data=data.to(device))

    def _rows(self, rows: Tensor) -> Tensor:
        return self.stored.data.rows(rows)


class CubeStore(Store):
    """Objects cut from K consecutive frames; shorter samplings are slices of it."""

    def clips(self, index: Tensor, sampling: Sampling) -> Tensor:
        skipped = self.cutting.offsets.index(sampling.offsets[0])
        cubes = self._rows(index)[:, :, skipped : skipped + len(sampling.offsets)]
        return _windows(cubes, 2, sampling).transpose(1, 2)


class FrameStore(Store):
    """Whole frames, kept once each; clips are gathered, repeating the first and last frame."""

    def __init__(self, stored: Stored, cutting: Cutting) -> None:
        super().__init__(stored, cutting)
        self.units = _every(stored.units, cutting.every)

    def clips(self, index: Tensor, sampling: Sampling) -> Tensor:
        units, of = self.units, index.cpu().numpy()
        video = units.video[of, None]
        frames = units.frame[of, None] + np.asarray(sampling.offsets)[None]
        rows = units.starts[video] + frames.clip(0, units.lengths[video] - 1)
        frames_of = self._rows(torch.from_numpy(rows).flatten())[:, :, 0]
        clips = frames_of.reshape(*rows.shape, *frames_of.shape[1:])
        return _windows(clips, 1, sampling).transpose(2, 3)


def parts_of(root: Path, facts: Mapping[str, Any], cutting: Cutting, source: Source) -> Parts:
    """The parts of the store of these facts.

    Args:
        root: The folder of all stores.
        facts: JSON values of everything that decides frames and boxes.
        cutting: What is cut.
        source: From which videos.
    """
    if cutting.unit == "frame":
        # Clips of whole frames are gathered later, so each is kept once, with no neighbours.
        cutting = replace(cutting, offsets=range(1), every=1)
    folder = root / hash_of({**facts, "cutting": repr(cutting), "revision": REVISION})
    return Parts(folder, cutting, source)


def open_store(parts: Parts, cutting: Cutting, told: Told) -> Store:
    """Open a store, making first what is missing of it.

    Args:
        parts: Those of the store.
        cutting: What is read of it.
        told: Told of progress.
    """
    kind = FrameStore if cutting.unit == "frame" else CubeStore
    return kind(parts.open(told), cutting)


def _every(units: Units, every: int) -> Units:
    kept = units.frame % every == 0
    return replace(units, video=units.video[kept], frame=units.frame[kept], boxes=units.boxes[kept])


def _windows(clips: Tensor, dim: int, sampling: Sampling) -> Tensor:
    """Split the dimension of all frames in two: windows, and frames of a window."""
    shape = list(clips.shape)
    shape[dim : dim + 1] = sampling.windows, sampling.frames
    return clips.reshape(shape)

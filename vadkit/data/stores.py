"""Stores: units cut once, kept on disk, read many times.

A store's folder is named by a hash of everything that decides what is in it, and appears whole or
not at all.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from errno import EFBIG, ENOSPC
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

from vadkit.cards import Sampling
from vadkit.data.cubes import Cutting
from vadkit.data.store_files import Source, Stored, read_store, write_store
from vadkit.data.units import Units
from vadkit.errors import ResourceError

REVISION = 1
"""Raised when the same video would be cut differently."""

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
        if device.type == "cuda" and data.device != device:
            free, _ = torch.cuda.mem_get_info(device)
            if data.nbytes <= DEVICE_SHARE * free:
                self.stored = replace(self.stored, data=data.to(device))

    def _rows(self, rows: Tensor) -> Tensor:
        data = self.stored.data
        return data.index_select(0, rows.to(data.device))


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


def open_store(root: Path, facts: Mapping[str, Any], cutting: Cutting, source: Source) -> Store:
    """Open the store of these facts, making it first where it is missing or torn.

    Args:
        root: The folder of all stores.
        facts: JSON values of everything that decides frames and boxes.
        cutting: What is cut.
        source: Called only if the store has to be made.
    """
    frames = cutting.unit == "frame"
    # Clips of whole frames are gathered later, so each frame is kept once, with no neighbours.
    written = replace(cutting, offsets=range(1), every=1) if frames else cutting
    folder = root / _key({**facts, "cutting": repr(written), "revision": REVISION})
    stored = _stored(folder, written, source)
    return (FrameStore if frames else CubeStore)(stored, cutting)


def _stored(folder: Path, cutting: Cutting, source: Source) -> Stored:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        stored = read_store(folder)
        if stored is None:
            _make(folder, cutting, source)
            stored = read_store(folder)
    if stored is None:
        raise ResourceError(f"The store {folder} cannot be read back.", "Check the disk.")
    return stored


def _make(folder: Path, cutting: Cutting, source: Source) -> None:
    """Write beside the folder and rename when all is written."""
    unfinished = folder.with_suffix(".tmp")
    for leftover in (unfinished, folder):
        shutil.rmtree(leftover, ignore_errors=True)
    unfinished.mkdir()
    try:
        write_store(unfinished, cutting, source)
        unfinished.rename(folder)
    except BaseException as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in (ENOSPC, EFBIG):
            raise ResourceError(
                f"The disk of {folder.parent} is full.",
                "Free some space there, or set VADKIT_HOME to a folder on another disk.",
            ) from error
        raise


def _key(facts: Mapping[str, Any]) -> str:
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _every(units: Units, every: int) -> Units:
    kept = units.frame % every == 0
    return replace(units, video=units.video[kept], frame=units.frame[kept], boxes=units.boxes[kept])


def _windows(clips: Tensor, dim: int, sampling: Sampling) -> Tensor:
    """Split the dimension of all frames in two: windows, and frames of a window."""
    shape = list(clips.shape)
    shape[dim : dim + 1] = sampling.windows, sampling.frames
    return clips.reshape(shape)

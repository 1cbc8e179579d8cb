"""Stores: units cut once, kept on disk as bytes, read many times.

A store's folder is named by a hash of everything that decides what is in it, and appears whole or
not at all.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray
from torch import Tensor

from vadkit.cards import Sampling
from vadkit.data.cubes import Cut, Cutting
from vadkit.data.units import Units
from vadkit.errors import ResourceError

_ARRAYS = ("units", "times", "lengths", "sizes")

REVISION = 1
"""Raised when the same video would be cut differently."""

DEVICE_SHARE = 0.3
"""A store moves to a GPU if it takes no more than this share of the free memory there."""

Source = Callable[[Cutting, Counter[str]], Iterator[tuple[str, Iterable[Cut]]]]
"""Cuts the videos, in order: each one's name and its cuts. Counts what it sees and drops."""


@dataclass(frozen=True)
class Stored:
    """What is on disk of a store."""

    units: Units
    data: Tensor
    """(n, C, K, H, W) uint8, a row for each unit."""
    times: NDArray[np.float64]
    """(frames of all videos,) presentation times in seconds."""
    counts: dict[str, int]
    """What was seen and dropped while it was made."""


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


def write_store(folder: Path, cutting: Cutting, source: Source) -> None:
    """Write a store into an empty folder, in memory that does not grow with the videos' pixels."""
    table, counts = _Table(), Counter[str]()
    with (folder / "clips.u8").open("wb") as file:
        for name, cuts in source(cutting, counts):
            table.begin(name)
            for cut in cuts:
                file.write(cut.clips.data)
                table.add(cut)
    units = table.arrays()
    for column, values in units.items():
        np.save(folder / f"{column}.npy", values)
    shape = [len(units["units"]), cutting.channels, len(cutting.offsets), *cutting.size]
    facts = {"videos": table.videos, "shape": shape, "counts": dict(counts)}
    (folder / "store.json").write_text(json.dumps(facts), encoding="utf-8")


class _Table:
    """What a store knows of its units and videos, collected while it is written."""

    def __init__(self) -> None:
        self.videos: list[str] = []
        self._rows: list[NDArray[np.float64]] = [np.empty((0, 7))]
        self._times: list[float] = []
        self._lengths: list[int] = []
        self._sizes: list[tuple[int, int]] = []

    def begin(self, video: str) -> None:
        self.videos.append(video)
        self._lengths.append(0)
        self._sizes.append((0, 0))

    def add(self, cut: Cut) -> None:
        own = [float(len(self.videos) - 1), float(cut.index)]
        self._rows += [np.array([*own, *box], np.float64) for box in cut.boxes]
        self._times.append(cut.time_s)
        self._lengths[-1] += 1
        self._sizes[-1] = cut.size

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "units": np.vstack(self._rows),
            "times": np.array(self._times),
            "lengths": np.array(self._lengths, np.int64),
            "sizes": np.array(self._sizes, np.int64).reshape(-1, 2),
        }


def read_store(folder: Path) -> Stored | None:
    """Read a store; None where it is missing or not whole."""
    try:
        facts = json.loads((folder / "store.json").read_text(encoding="utf-8"))
        arrays = {name: np.load(folder / f"{name}.npy") for name in _ARRAYS}
        if (folder / "clips.u8").stat().st_size != math.prod(facts["shape"]):
            return None
        units, counts = _units(facts["videos"], arrays), facts["counts"]
    except (OSError, ValueError, KeyError, EOFError):
        return None
    return Stored(units, _mapped(folder / "clips.u8", facts["shape"]), arrays["times"], counts)


def _stored(folder: Path, cutting: Cutting, source: Source) -> Stored:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        stored = read_store(folder)
        if stored is None:
            unfinished = folder.with_suffix(".tmp")
            for leftover in (unfinished, folder):
                shutil.rmtree(leftover, ignore_errors=True)
            unfinished.mkdir()
            write_store(unfinished, cutting, source)
            unfinished.rename(folder)
            stored = read_store(folder)
    if stored is None:
        raise ResourceError(f"The store {folder} cannot be read back.", "Check the disk.")
    return stored


def _key(facts: Mapping[str, Any]) -> str:
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _units(names: list[str], arrays: Mapping[str, NDArray[Any]]) -> Units:
    table = arrays["units"]
    return Units(
        videos=tuple(names),
        lengths=arrays["lengths"],
        sizes=arrays["sizes"],
        video=table[:, 0].astype(np.int64),
        frame=table[:, 1].astype(np.int64),
        boxes=table[:, 2:].astype(np.float32),
    )


def _every(units: Units, every: int) -> Units:
    kept = units.frame % every == 0
    return replace(units, video=units.video[kept], frame=units.frame[kept], boxes=units.boxes[kept])


def _windows(clips: Tensor, dim: int, sampling: Sampling) -> Tensor:
    """Split the dimension of all frames in two: windows, and frames of a window."""
    shape = list(clips.shape)
    shape[dim : dim + 1] = sampling.windows, sampling.frames
    return clips.reshape(shape)


def _mapped(path: Path, shape: list[int]) -> Tensor:
    if not shape[0]:
        return torch.empty(shape, dtype=torch.uint8)
    # Copy-on-write, because torch warns of memory that it must not write to.
    return torch.from_numpy(np.memmap(path, np.uint8, "c", shape=tuple(shape)))

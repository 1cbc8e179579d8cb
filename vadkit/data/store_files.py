"""The files of a store: clips as plain bytes, what is known of them as arrays and JSON."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.data.cubes import Cut, Cutting
from vadkit.data.units import Units

_ARRAYS = ("units", "times", "lengths", "sizes")

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


def _mapped(path: Path, shape: list[int]) -> Tensor:
    if not shape[0]:
        return torch.empty(shape, dtype=torch.uint8)
    # Copy-on-write, because torch warns of memory that it must not write to.
    return torch.from_numpy(np.memmap(path, np.uint8, "c", shape=tuple(shape)))

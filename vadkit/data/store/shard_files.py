"""The files of a store: a part for each video, and the tables of all of them joined.

A part is the clips of its units as plain bytes, beside tables that say what is known of them. The
clips stay where they were written; only the tables are put together.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.crops import Cut, Cutting
from vadkit.data.store.memmap import Clips, mapped
from vadkit.data.units import Units

_ARRAYS = ("units", "times", "lengths", "sizes")
_CLIPS = "clips.u8"


@dataclass(frozen=True)
class Stored:
    """What is on disk of a store."""

    units: Units
    data: Clips
    """(n, C, K, H, W) uint8, a row for each unit."""
    times: NDArray[np.float64]
    """(frames of all videos,) presentation times in seconds."""
    counts: dict[str, int]
    """What was seen and dropped while it was made."""


@dataclass(frozen=True)
class Tables:
    """What is known of some videos and their units."""

    videos: list[str]
    shape: list[int]
    """(n, C, K, H, W) of the clips."""
    counts: dict[str, int]
    arrays: dict[str, NDArray[Any]]

    @property
    def consistent(self) -> bool:
        """Whether the arrays are as long as each other say."""
        units, lengths = self.arrays["units"], self.arrays["lengths"]
        wanted = [len(units), len(self.videos), len(self.videos), int(lengths.sum())]
        found = [self.shape[0], len(lengths), len(self.arrays["sizes"]), len(self.arrays["times"])]
        return found == wanted

    @property
    def units(self) -> Units:
        """The units, as they are read."""
        table = self.arrays["units"]
        return Units(
            videos=tuple(self.videos),
            lengths=self.arrays["lengths"],
            sizes=self.arrays["sizes"],
            video=table[:, 0].astype(np.int64),
            frame=table[:, 1].astype(np.int64),
            boxes=table[:, 2:].astype(np.float32),
        )


def write_part(
    folder: Path, video: str, cuts: Iterable[Cut], cutting: Cutting, counts: Counter[str]
) -> None:
    """Write a video's units into an empty folder, in memory that does not grow with its pixels.

    Args:
        folder: Where.
        video: Its name.
        cuts: The units of every frame; going through them fills the counts.
        cutting: What is cut.
        counts: What was seen and dropped, by name.
    """
    rows = _Rows()
    with (folder / _CLIPS).open("wb") as file:
        for cut in cuts:
            file.write(cut.clips.data)
            rows.add(cut)
    arrays = rows.arrays()
    shape = [len(arrays["units"]), cutting.channels, len(cutting.offsets), *cutting.size]
    write_tables(folder, Tables([video], shape, dict(counts), arrays))


def read_part(folder: Path, video: str) -> Tables | None:
    """Read the tables of a video's part; None where the part is missing or not whole."""
    tables = read_tables(folder)
    whole = tables is not None and _size(folder / _CLIPS) == math.prod(tables.shape)
    return tables if tables and whole and tables.videos == [video] else None


def join(parts: Sequence[Tables]) -> Tables:
    """Put the tables of videos, at least one, together in order."""
    numbered = [
        part.arrays | {"units": part.arrays["units"] + [number, 0, 0, 0, 0, 0, 0]}
        for number, part in enumerate(parts)
    ]
    arrays = {name: np.concatenate([of[name] for of in numbered]) for name in _ARRAYS}
    counts = Counter[str]()
    for part in parts:
        counts.update(part.counts)
    videos = [video for part in parts for video in part.videos]
    return Tables(videos, [len(arrays["units"]), *parts[0].shape[1:]], dict(counts), arrays)


def write_tables(folder: Path, tables: Tables) -> None:
    """Write tables into a folder."""
    for name, values in tables.arrays.items():
        np.save(folder / f"{name}.npy", values)
    facts = {"videos": tables.videos, "shape": tables.shape, "counts": tables.counts}
    (folder / "store.json").write_text(json.dumps(facts), encoding="utf-8", newline="\n")


def read_tables(folder: Path) -> Tables | None:
    """Read tables; None where they are missing or not whole."""
    try:
        facts = json.loads((folder / "store.json").read_text(encoding="utf-8"))
        arrays = {name: np.load(folder / f"{name}.npy") for name in _ARRAYS}
        tables = Tables(**facts, arrays=arrays)
    except (OSError, ValueError, TypeError, EOFError):
        return None
    return tables if tables.consistent else None


def read_store(joined: Path, parts: Sequence[Path]) -> Stored | None:
    """Read a store; None where it is missing or not whole.

    Args:
        joined: The folder of the tables.
        parts: The folders of the videos' parts, in order.
    """
    tables = read_tables(joined)
    if tables is None or len(parts) != len(tables.videos):
        return None
    units, shape = tables.units, tables.shape[1:]
    counts = np.bincount(units.video, minlength=len(parts)).tolist()
    files = [part / _CLIPS for part in parts]
    sizes = [count * math.prod(shape) for count in counts]
    if [_size(file) for file in files] != sizes:
        return None
    clips = [mapped(file, [count, *shape]) for file, count in zip(files, counts, strict=True)]
    return Stored(units, Clips(clips), tables.arrays["times"], tables.counts)


class _Rows:
    """What is known of a video's units, collected while they are cut."""

    def __init__(self) -> None:
        self._rows: list[NDArray[np.float64]] = [np.empty((0, 7))]
        self._times: list[float] = []
        self._size = (0, 0)

    def add(self, cut: Cut) -> None:
        if len(cut.boxes):
            rows = np.zeros((len(cut.boxes), 7))
            rows[:, 1], rows[:, 2:] = cut.index, cut.boxes
            self._rows.append(rows)
        self._times.append(cut.time_s)
        self._size = cut.size

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "units": np.vstack(self._rows),
            "times": np.array(self._times),
            "lengths": np.array([len(self._times)], np.int64),
            "sizes": np.array([self._size], np.int64),
        }


def _size(file: Path) -> int:
    """Bytes, or -1 where there is no file."""
    return file.stat().st_size if file.is_file() else -1

"""Stores: units cut once, kept on disk in a shard for each video, read many times."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from vadkit.data.clip_tensors import split_windows
from vadkit.data.crops import Cut, Cutting
from vadkit.data.store.video_shards import Shard, ShardWriter
from vadkit.data.units import UnitRows, Units, joined
from vadkit.registry.cards import Sampling

DEVICE_SHARE = 0.3
"""A store moves to a GPU if it takes no more than this share of the free memory there."""


class Clips:
    """(n, C, K, H, W) uint8, a row for each unit of all videos, each of which has its own file."""

    def __init__(self, videos: Sequence[Tensor]) -> None:
        # What holds nothing cannot be mapped, and is never read.
        self._videos = [rows for rows in videos if len(rows)] or list(videos[:1])
        self._ends = np.cumsum([len(rows) for rows in self._videos])
        self._arrays = [rows.numpy() for rows in self._videos if rows.device.type == "cpu"]

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def nbytes(self) -> int:
        return sum(rows.nbytes for rows in self._videos)

    @property
    def device(self) -> torch.device:
        return self._videos[0].device

    def to(self, device: torch.device) -> Clips:
        """All rows in the device's memory, as if they were of one video."""
        whole = torch.empty(
            (len(self), *self._videos[0].shape[1:]), dtype=torch.uint8, device=device
        )
        for end, rows in zip(self._ends, self._videos, strict=True):
            whole[end - len(rows) : end] = rows
        return Clips([whole])

    def rows(self, index: Tensor) -> Tensor:
        """Gather the rows `index` (B,) as (B, C, K, H, W)."""
        if len(self._videos) == 1:
            return self._videos[0].index_select(0, index.to(self.device))
        places = index.cpu().numpy()
        clips = torch.empty((len(places), *self._videos[0].shape[1:]), dtype=torch.uint8)
        videos = np.searchsorted(self._ends, places, side="right")
        rows = places - self._ends[videos]  # from the end of each video
        for clip, video, row in zip(clips.numpy(), videos.tolist(), rows.tolist(), strict=True):
            clip[...] = self._arrays[video][row]
        return clips


class Store(ABC):
    """Units and the clips around them, from shards (by video) as `UnitRecorder` writes them."""

    def __init__(self, cutting: Cutting, shards: Mapping[str, Shard]) -> None:
        self.cutting = cutting
        self.units = joined([_units(video, shard) for video, shard in shards.items()])
        self.data = Clips([torch.from_numpy(shard.rows) for shard in shards.values()])
        """(n, C, K, H, W) uint8, a row for each unit."""
        self.times = {video: shard.arrays["times"] for video, shard in shards.items()}
        """Video -> (frames,) presentation times in seconds."""
        self.remarks = {video: shard.facts["remarks"] for video, shard in shards.items()}
        """Video -> sentences about what is odd or damaged in it."""
        self._counts = Counter[str]()
        for shard in shards.values():
            self._counts.update(shard.facts["counts"])

    @abstractmethod
    def clips(self, index: Tensor, sampling: Sampling) -> Tensor:
        """Gather the clips of the units `index` (B,), uint8, as `split_windows` gives them."""

    def report(self) -> dict[str, int]:
        """What was seen, repaired and dropped, by name."""
        units = self.units
        short = units.lengths < self.cutting.offsets[-1] - self.cutting.offsets[0] + 1
        empty = ~np.isin(np.arange(len(units.videos)), units.video)
        counted = {"units": len(units), "videos": len(units.videos)}
        counted |= {"videos_shorter_than_clip": int(short.sum())}
        counted |= {"videos_without_units": int(empty.sum())}
        return {**self._counts, **counted}

    def to(self, device: torch.device) -> None:
        """Move the whole store to a GPU with room for it; elsewhere it stays where it is."""
        if device.type == "cuda" and self.data.device.type == "cpu":
            free, _ = torch.cuda.mem_get_info(device)
            if self.data.nbytes <= DEVICE_SHARE * free:
                self.data = self.data.to(device)


class CubeStore(Store):
    """Objects cut from K consecutive frames; shorter or strided samplings are slices of it."""

    def clips(self, index: Tensor, sampling: Sampling) -> Tensor:
        cubes = self.data.rows(index)[:, :, self.cutting.frames_of(sampling)]  # (B, C, N*T, H, W)
        return split_windows(cubes, sampling)


class FrameStore(Store):
    """Whole frames, kept once each; clips are gathered, repeating the first and last frame."""

    def __init__(self, cutting: Cutting, shards: Mapping[str, Shard]) -> None:
        super().__init__(cutting, shards)
        units, nth = self.units, self.units.frame % cutting.every == 0
        self.units = replace(
            units, video=units.video[nth], frame=units.frame[nth], boxes=units.boxes[nth]
        )

    def clips(self, index: Tensor, sampling: Sampling) -> Tensor:
        units, row = self.units, index.cpu().numpy()
        video = units.video[row, None]
        frames = units.frame[row, None] + np.asarray(sampling.offsets)[None]
        rows = units.starts[video] + frames.clip(0, units.lengths[video] - 1)
        images = self.data.rows(torch.from_numpy(rows).flatten())[:, :, 0]  # (B*K, C, H, W)
        clips = images.unflatten(0, rows.shape).transpose(1, 2)  # (B, C, K, H, W)
        return split_windows(clips, sampling)


def stored_cutting(cutting: Cutting) -> Cutting:
    """What is written so that a cutting can be read back."""
    # Clips of whole frames are gathered later, so each is kept once, with no neighbours.
    return replace(cutting, every=1) if cutting.unit == "frame" else cutting


def open_store(cutting: Cutting, shards: Mapping[str, Shard]) -> Store:
    """The store of videos that were cut, at least one."""
    return (FrameStore if cutting.unit == "frame" else CubeStore)(cutting, shards)


class UnitRecorder:
    """Writes a video's units and their clips into a shard."""

    def __init__(self, writer: ShardWriter) -> None:
        self._writer, self._table = writer, UnitRows()

    def add(self, cut: Cut) -> None:
        """Write the units of the next frame."""
        self._writer.add(cut.clips)
        self._table.add(cut)

    def end(self, counts: dict[str, int], remarks: list[str]) -> None:
        """Write what is known of the units, and of the video, when all frames are through."""
        units = self._table.units("")
        self._writer.end(
            {"counts": counts, "remarks": remarks},
            frame=units.frame,
            boxes=units.boxes,
            size=units.sizes,
            times=self._table.times,
        )


def _units(video: str, shard: Shard) -> Units:
    arrays = shard.arrays
    return Units(
        videos=(video,),
        lengths=np.array([len(arrays["times"])], np.int64),
        sizes=arrays["size"],
        video=np.zeros(len(arrays["frame"]), np.int64),
        frame=arrays["frame"],
        boxes=arrays["boxes"],
    )

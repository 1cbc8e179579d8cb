"""Clips on disk: a file for each video, read by row as if they were one array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class Clips:
    """(n, C, K, H, W) uint8, a row for each unit of all videos.

    Args:
        videos: The rows of each video.
    """

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

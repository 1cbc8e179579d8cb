"""Clips on disk: a file for each video, read by row as if they were one array."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


class Clips:
    """(n, C, K, H, W) uint8, a row for each unit of all videos.

    Args:
        parts: The rows of each video.
    """

    def __init__(self, parts: Sequence[Tensor]) -> None:
        # What holds nothing cannot be mapped, and is never read.
        self._parts = [part for part in parts if len(part)] or list(parts[:1])
        self._ends = np.cumsum([len(part) for part in self._parts])
        self._arrays = [part.numpy() for part in self._parts if part.device.type == "cpu"]

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in self._parts)

    @property
    def device(self) -> torch.device:
        return self._parts[0].device

    def to(self, device: torch.device) -> Clips:
        """All rows in the device's memory, as one part."""
        whole = torch.empty(
            (len(self), *self._parts[0].shape[1:]), dtype=torch.uint8, device=device
        )
        for end, part in zip(self._ends, self._parts, strict=True):
            whole[end - len(part) : end] = part
        return Clips([whole])

    def rows(self, index: Tensor) -> Tensor:
        """Gather the rows `index` (B,) as (B, C, K, H, W)."""
        if len(self._parts) == 1:
            return self._parts[0].index_select(0, index.to(self.device))
        wanted = index.cpu().numpy()
        found = torch.empty((len(wanted), *self._parts[0].shape[1:]), dtype=torch.uint8)
        of = np.searchsorted(self._ends, wanted, side="right")
        rows = wanted - self._ends[of]  # from the end of each part
        for place, part, row in zip(found.numpy(), of.tolist(), rows.tolist(), strict=True):
            place[...] = self._arrays[part][row]
        return found


def mapped(path: Path, shape: list[int]) -> Tensor:
    """The rows of a file (n, C, K, H, W), read when they are asked for."""
    if not shape[0]:
        return torch.empty(shape, dtype=torch.uint8)
    # Copy-on-write, because torch warns of memory that it must not write to.
    return torch.from_numpy(np.memmap(path, np.uint8, "c", shape=tuple(shape)))

"""Features: what a backbone makes of a clip."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Features:
    """A backbone's maps of one clip, from fine to coarse, each (B, C, T, H, W)."""

    maps: tuple[Tensor, ...]
    size: tuple[int, int]
    """Height and width of the clip they were made from."""

    @property
    def code(self) -> Tensor:
        """The coarsest map (B, C, T, H, W)."""
        return self.maps[-1]

    def pooled(self) -> Tensor:
        """The code's mean over time and space (B, C)."""
        return self.code.mean(dim=(2, 3, 4))

"""Features: what a backbone makes of a clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from torch import Tensor


@dataclass(frozen=True)
class Features:
    """A backbone's maps of one clip, from fine to coarse, each (B, C, T, H, W)."""

    maps: tuple[Tensor, ...]
    size: tuple[int, int]
    """Height and width of the clip they were made from."""
    terms: Mapping[str, Tensor] = field(default_factory=dict)
    """Name -> scalar: loss terms of the backbone's own, to which every task's loss is added."""

    @property
    def code(self) -> Tensor:
        """The coarsest map (B, C, T, H, W)."""
        return self.maps[-1]

    def pooled(self) -> Tensor:
        """The code's mean over time and space (B, C)."""
        return self.code.mean(dim=(2, 3, 4))

    def split(self, parts: int) -> list[Features]:
        """The features of so many equal shares of the batch, in its order."""
        shares = zip(*(map_.chunk(parts) for map_ in self.maps), strict=True)
        return [replace(self, maps=maps) for maps in shares]

"""The contract of a backbone, and what it makes of a clip."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from torch import Tensor, nn

ConfigT = TypeVar("ConfigT")


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


class Backbone(nn.Module, Generic[ConfigT]):
    """Turns clips of any length T ≥ 1 and any size into a pyramid of maps.

    Args:
        config: The options, an instance of the card's config class.
        channels: Colour channels of the clips, 1 or 3.
    """

    widths: tuple[int, ...]
    """Channels of each map, from fine to coarse."""
    strides: tuple[int, ...]
    """Pixels a cell of each map stands for, from fine to coarse."""

    def __init__(self, config: ConfigT, channels: int) -> None:
        super().__init__()
        self.config = config
        self.channels = channels

    @abstractmethod
    def forward(self, clip: Tensor) -> Features:
        """(B, C, T, H, W) -> features; map k is (B, widths[k], T', ceil(H/strides[k]), ...)."""

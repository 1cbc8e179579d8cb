"""The contract of a backbone."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, TypeVar

from torch import Tensor, nn

from vadkit.nn.features import Features

ConfigT = TypeVar("ConfigT")


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

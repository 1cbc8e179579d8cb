"""The contract of a teacher: a fixed model, or rule, that answers a task's need."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, TypeVar

from torch import Tensor, nn

ConfigT = TypeVar("ConfigT")


class Teacher(nn.Module, Generic[ConfigT]):
    """Answers for a batch of units; never trained, always in evaluation mode.

    Shapes of the answers by role: scene (B, D), segmentation (B, K, H, W), flow (B, 2, H, W),
    depth (B, 1, H, W), pose (B, J, h, w), detector (B, K), imagenet (B, D), clip (B, D).
    A teacher that reads has the option `texts`, and answers (B, texts) where it is not empty: the
    cosine between each text and the unit. An object answers one batch at a time: it may keep state.
    """

    def __init__(self, config: ConfigT) -> None:
        super().__init__()
        self.config = config

    @abstractmethod
    def forward(self, clips: Tensor) -> Tensor:
        """Answer for each clip.

        Args:
            clips: (B, C, T, H, W) in [0, 1], C 1 (grey) or 3 (RGB), as the card's sampling asks;
                whole frames come in the video's own size.

        Returns:
            (B, ...), float, on the clips' device.
        """

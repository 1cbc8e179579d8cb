"""The contract of an evidence part: numbers of an object that no training is needed for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from vadkit.data.detection import Seen

ConfigT = TypeVar("ConfigT")
Rows = NDArray[np.float32]
Bank = Mapping[str, NDArray[Any]]
"""What a part keeps of the training objects, by name."""


class Evidence(ABC, Generic[ConfigT]):
    """Describes the objects of a video, and says by attributes how unusual a description is.

    An instance holds options alone: what is learned is the bank, and what a video leads to stays
    within one call of `describe`.
    """

    def __init__(self, config: ConfigT) -> None:
        self.config = config
        """The options; one that leaves a choice open may be replaced by what was chosen."""

    def fingerprint(self) -> str:
        """What its descriptions depend on beside options and video (what was chosen, weights)."""
        return ""

    def note(self) -> str:
        """What stands in for what, where something is missing, for whoever runs it."""
        return ""

    @abstractmethod
    def describe(self, frames: Iterator[Seen]) -> Iterator[Rows]:
        """Describe the objects of a video's frames.

        Args:
            frames: Every frame of one video in order, (H, W, C) uint8 with C 1 (grey) or 3 (RGB),
                with the boxes (n, 5) of its objects. What is held back has to be bounded.

        Yields:
            For each frame (n, D): a row for each of its boxes, D the same for all frames.
        """

    def fit(self, rows: Rows, videos: NDArray[np.int64]) -> Bank:
        """What to keep of the training objects; nothing, where an attribute needs none of them.

        Args:
            rows: (m, D) descriptions of objects in training videos.
            videos: (m,) which video each is in.
        """
        return {}

    @abstractmethod
    def measure(
        self, rows: Rows, bank: Bank, videos: NDArray[np.int64] | None = None
    ) -> dict[str, NDArray[np.floating[Any]]]:
        """How unusual objects are.

        Args:
            rows: (n, D) descriptions.
            bank: What `fit` kept.
            videos: (n,) the videos of training objects, whose own video is not to be compared with.

        Returns:
            Attribute of the card -> (n,), finite, higher is more unusual.
        """

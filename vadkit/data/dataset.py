"""The contract of a data set: named videos in two splits, with what is known about them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

ConfigT = TypeVar("ConfigT")
Split = Literal["train", "test"]


@dataclass(frozen=True)
class Video:
    """One video of a data set: a file, or a folder of frames."""

    name: str
    """Unique in the data set, usable as a file name."""
    path: Path
    split: Split
    unrelated: bool = False
    """Whether it is a folder of images that are no sequence: any names will do."""


class Extent(NamedTuple):
    """How long and how large a video is."""

    frames: int
    size: tuple[int, int]
    """Height and width in pixels."""


@dataclass(frozen=True)
class Track:
    """One anomaly followed through a video."""

    kind: str
    """What it is ("vehicle"), or "anomaly" where the data set does not say."""
    frames: NDArray[np.int64]
    """(M,) frames it is visible in, from 0."""
    boxes: NDArray[np.floating[Any]]
    """(M, 4) as x1, y1, x2, y2 in pixels."""


class Dataset(ABC, Generic[ConfigT]):
    """Videos and labels under one root. Nothing is read before it is asked for.

    Args:
        root: The folder; None for a synthetic data set, which is then rendered into the cache.
        config: The options, an instance of the card's config class.

    Raises:
        DataError: The root does not hold the data set; the message shows the expected tree.
    """

    def __init__(self, root: Path | None, config: ConfigT) -> None:
        self.root = root
        self.config = config

    @abstractmethod
    def videos(self, split: Split) -> list[Video]:
        """The split's videos in natural order."""

    @abstractmethod
    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        """(frames,) with 1 where the frame is anomalous; None where nothing is known.

        Training videos without labels are normal throughout.
        """

    def masks(self, video: Video) -> Iterator[NDArray[np.bool_]] | None:
        """Each frame's (H, W) mask of anomalous pixels, or None where there are none."""
        return None

    def tracks(self, video: Video) -> list[Track] | None:
        """The anomalies with their boxes, or None where there are none."""
        return None

    def camera(self, video: Video) -> str:
        """The camera of a video: what is usual before one says little of another."""
        return ""

    def frame_rate(self) -> float | None:
        """Images a second of videos that are folders of images; None where it is not known."""
        return None

    @property
    def label_set(self) -> str:
        """Which labels are read, where a data set has several sets of them."""
        return "the data set's own"

    def left_out(self) -> list[str]:
        """Sentences about files and folders that lie among the data and are not read."""
        return []

    def verify(self) -> list[str]:
        """Every way in which the files differ from what is expected; empty when all is well."""
        return []

    @classmethod
    def render(cls, folder: Path, config: ConfigT) -> None:
        """Write a synthetic data set into a folder; its card says `rendered=True`.

        Args:
            folder: Appears when it is complete, and replaces an older one.
            config: The options.

        Raises:
            DataError: It cannot be drawn.
            ResourceError: The disk is full.
        """
        raise NotImplementedError(f"{cls.__name__} has no method `render`")

    @abstractmethod
    def fingerprint(self) -> str:
        """A hash that changes when any frame or label may have changed."""

"""Units: what is trained on and scored, an object in a frame or a whole frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Units:
    """A table with a row for each unit, ordered by video and frame.

    A frame unit's box is the whole frame with confidence 1.
    """

    videos: tuple[str, ...]
    """Names of all videos, also of those without a unit."""
    lengths: NDArray[np.int64]
    """(videos,) frames of each."""
    sizes: NDArray[np.int64]
    """(videos, 2) height and width of each in pixels."""
    video: NDArray[np.int64]
    """(n,) index into `videos`."""
    frame: NDArray[np.int64]
    """(n,) the unit's own frame, from 0."""
    boxes: NDArray[np.float32]
    """(n, 5): x1, y1, x2, y2 in pixels, confidence."""

    @property
    def starts(self) -> NDArray[np.int64]:
        """(videos,) where each begins if all frames are laid end to end."""
        return np.cumsum(self.lengths) - self.lengths

    @property
    def frames(self) -> dict[str, int]:
        """Frames of each video, by name."""
        return dict(zip(self.videos, self.lengths.tolist(), strict=True))

    def __len__(self) -> int:
        return len(self.frame)

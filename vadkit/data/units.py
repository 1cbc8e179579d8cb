"""Units: what is trained on and scored, an object in a frame or a whole frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vadkit.data.dataset import Extent
from vadkit.errors import DataError
from vadkit.registry.cards import Sampling

if TYPE_CHECKING:
    from vadkit.data.crops import Cut  # it imports OpenCV, which a table of units does without

PIECES = 4
"""A camera's only video is taken for so many, so that a unit's own piece can be left out."""


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
    cameras: tuple[str, ...] = ()
    """The camera of each video; none where all are of one."""

    @property
    def camera(self) -> NDArray[np.str_]:
        """(n,) the camera of each unit."""
        return np.array(self.cameras or [""] * len(self.videos), np.str_)[self.video]

    @property
    def starts(self) -> NDArray[np.int64]:
        """(videos,) where each begins if all frames are laid end to end."""
        return np.cumsum(self.lengths) - self.lengths

    @property
    def piece(self) -> NDArray[np.int64]:
        """(n,) the piece of video of each unit: its video, or a part of its camera's only one."""
        cameras = self.cameras or ("",) * len(self.videos)
        alone = np.array([cameras.count(camera) == 1 for camera in cameras])[self.video]
        part = self.frame * PIECES // self.lengths[self.video]
        return self.video * PIECES + np.where(alone, part, 0)

    @property
    def places(self) -> NDArray[np.int64]:
        """(n,) the place of each unit's frame if all frames are laid end to end.

        Raises:
            DataError: A unit lies outside its video.
        """
        outside = (self.frame < 0) | (self.frame >= self.lengths[self.video])
        if outside.any():
            at = int(np.argmax(outside))
            video = self.video[at]
            raise DataError(
                f"{self.videos[video]}: a box in frame {self.frame[at]}, but the video has "
                f"{self.lengths[video]} frames.",
                "Boxes and video don't belong together, or frames are not counted from 0.",
            )
        return self.starts[self.video] + self.frame

    @property
    def frames(self) -> dict[str, int]:
        """Frames of each video, by name."""
        return dict(zip(self.videos, self.lengths.tolist(), strict=True))

    @property
    def extents(self) -> dict[str, Extent]:
        """How long and how large each video is, by name."""
        pairs = zip(self.lengths.tolist(), map(tuple, self.sizes.tolist()), strict=True)
        return dict(zip(self.videos, map(Extent._make, pairs), strict=True))

    def __len__(self) -> int:
        return len(self.frame)

    def inside(self, sampling: Sampling, part: tuple[float, float] = (0, 1)) -> NDArray[np.int64]:
        """(k,) rows whose own frame lies in a part of its video, and whose clip ends in it too.

        The clip may begin before the part: the end of a short video is shorter than some clips.

        Args:
            sampling: What a clip is.
            part: Where it begins and ends, as shares of the video's length.
        """
        length = self.lengths[self.video]
        first, last = self.frame + sampling.offsets[0], self.frame + sampling.offsets[-1]
        in_part = (self.frame >= part[0] * length) & (last < part[1] * length)
        return np.flatnonzero(in_part & (first >= 0))


class UnitRows:
    """The table of one video's units, which grows frame by frame."""

    def __init__(self) -> None:
        self._frames: list[int] = []
        self._boxes: list[NDArray[np.float32]] = [np.empty((0, 5), np.float32)]
        self._times: list[float] = []
        self._size = (0, 0)

    def add(self, cut: Cut) -> None:
        """Add the next frame's units, if it has any."""
        self._times.append(cut.time_s)
        self._size = cut.size
        self._frames += [cut.index] * len(cut.boxes)
        self._boxes.append(cut.boxes)

    @property
    def times(self) -> NDArray[np.float64]:
        """(frames,) presentation times in seconds."""
        return np.array(self._times, np.float64)

    def units(self, video: str) -> Units:
        """The units of all frames that were added."""
        return Units(
            videos=(video,),
            lengths=np.array([len(self._times)], np.int64),
            sizes=np.array([self._size], np.int64),
            video=np.zeros(len(self._frames), np.int64),
            frame=np.array(self._frames, np.int64),
            boxes=np.concatenate(self._boxes),
        )


def joined(tables: Sequence[Units]) -> Units:
    """The units of several videos, at least one, in one table."""
    numbers = [np.full(len(table), number) for number, table in enumerate(tables)]
    return Units(
        videos=tuple(video for table in tables for video in table.videos),
        lengths=np.concatenate([table.lengths for table in tables]),
        sizes=np.concatenate([table.sizes for table in tables]),
        video=np.concatenate(numbers).astype(np.int64),
        frame=np.concatenate([table.frame for table in tables]),
        boxes=np.concatenate([table.boxes for table in tables]),
    )

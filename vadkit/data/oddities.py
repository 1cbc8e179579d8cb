"""What is odd about a video though it is whole: it is told, and nothing is done about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from vadkit.data.detection import Seen
from vadkit.data.video.frame import Frame

STILL_S = 5.0
"""Seconds over which a picture that does not change is frozen."""
STILL = 0.2
"""Levels of 255 by which pixels differ on average, at most, in a picture that does not change."""
SPARSE = 4
"""Every so many-th row and column is compared."""
ONE_PLACE = 0.05
"""Share of the picture in which all objects of a video lie where they are a clock."""
MANY = 50
"""Objects of which a place can be told."""
SHORT = 50
"""Frames of a training video, below which most of it is spent on learning its background."""
OTHER_RATE = 1.5
"""Factor between two rates at which motion is another."""


class Oddities:
    """Watches a video's frames and objects as they pass."""

    def __init__(self) -> None:
        self._last: NDArray[np.int16] | None = None
        self._since = self._now = 0.0
        self._longest = (0.0, 0.0)
        self._area = self._objects = 0
        self._ends = np.array([np.inf, np.inf, -np.inf, -np.inf])

    def watched(self, stream: Iterable[Seen]) -> Iterator[Seen]:
        """The stream, every frame and its objects noticed."""
        for seen in stream:
            self._watch_frame(seen.frame)
            self._watch_boxes(seen)
            yield seen

    @property
    def remarks(self) -> list[str]:
        """A sentence for each oddity, when all frames have passed."""
        remarks, (start, end) = [], self._longest
        if end - start >= STILL_S:
            remarks.append(f"the picture stands still from {start:.1f} s to {end:.1f} s")
        left, top, right, bottom = self._ends
        if self._objects >= MANY and (right - left) * (bottom - top) < ONE_PLACE * self._area:
            where = f"x {left:.0f} to {right:.0f}, y {top:.0f} to {bottom:.0f}"
            remarks.append(f"all {self._objects} objects lie in one place ({where}): a clock?")
        return remarks

    def _watch_frame(self, frame: Frame) -> None:
        self._area = frame.image.shape[0] * frame.image.shape[1]
        shown = frame.image[::SPARSE, ::SPARSE].astype(np.int16)
        last, self._last = self._last, shown
        if last is None or shown.shape != last.shape or np.abs(shown - last).mean() > STILL:
            self._since = frame.time_s
        elif frame.time_s - self._since > self._longest[1] - self._longest[0]:
            self._longest = (self._since, frame.time_s)

    def _watch_boxes(self, seen: Seen) -> None:
        self._objects += len(seen.boxes)
        if len(seen.boxes):
            self._ends[:2] = np.minimum(self._ends[:2], seen.boxes[:, :2].min(axis=0))
            self._ends[2:] = np.maximum(self._ends[2:], seen.boxes[:, 2:4].max(axis=0))


def short_videos(lengths: Mapping[str, int]) -> list[str]:
    """Whether most training videos are too short to learn their background."""
    median = int(np.median([*lengths.values()]))
    if len(lengths) == 1 or median >= SHORT:
        return []
    return [
        f"the {len(lengths)} training videos have {median} frames, at the median: backgrounds and "
        "paths begin anew in each, so longer pieces are better"
    ]


def step_of(times: Iterable[NDArray[np.float64]]) -> float | None:
    """Seconds from one frame to the next, the median of all videos; None where not known."""
    steps = np.concatenate([np.empty(0), *(np.diff(of) for of in times)])
    known = steps[np.isfinite(steps)]
    return float(np.median(known)) if len(known) else None


def other_rate(step_s: float | None, trained_s: float | None) -> list[str]:
    """Whether frames come faster or slower than in training."""
    if not step_s or not trained_s or 1 / OTHER_RATE <= step_s / trained_s <= OTHER_RATE:
        return []
    seems = "faster" if step_s > trained_s else "slower"
    rates = f"{1 / step_s:.3g} frames a second, and {1 / trained_s:.3g} in training"
    return [f"{rates}: what moves seems {seems} than it is"]

"""Background subtraction: objects are what differs from a running mean of the frames."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.api import Boxes, Detector, Seen, Video
from vadkit_detectors import MotionConfig

Grey = NDArray[np.uint8]
"""(H, W)."""


class Motion(Detector[MotionConfig]):
    """Finds what moves before a fixed camera ([002] 3.1), each with confidence 1.

    The paper is silent on how the background begins. Here it is the median of the first frames,
    so that these have boxes too and who is there at first leaves no ghost behind.
    """

    def detect(self, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        held = list(islice(stream, self.config.warmup))
        if not held:
            return
        first = np.median([self._grey(seen) for seen in held], axis=0)
        background = first.astype(np.float32)
        for seen in chain(held, stream):
            grey = self._grey(seen)
            moving = self._moving(grey, background)
            self._learn(grey, moving, background)
            boxes = self._boxes(_blacked_out(moving, seen.boxes))
            yield Seen(seen.frame, np.concatenate([seen.boxes, boxes]))

    def _grey(self, seen: Seen) -> Grey:
        image = seen.frame.image
        grey = image if image.shape[2] == 1 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        side = self.config.blur | 1
        return np.asarray(cv2.GaussianBlur(grey, (side, side), 0), np.uint8)

    def _moving(self, grey: Grey, background: NDArray[np.float32]) -> Grey:
        """(H, W) with 1 where the image differs from the background."""
        difference = cv2.absdiff(grey, cv2.convertScaleAbs(background))
        return np.asarray(difference > self.config.threshold, np.uint8)

    def _learn(self, grey: Grey, moving: Grey, background: NDArray[np.float32]) -> None:
        """Move the background towards the image, slowly where something is in front of it."""
        rate, still = self.config.learning_rate, 1 - moving
        cv2.accumulateWeighted(grey, background, rate, mask=still)
        cv2.accumulateWeighted(grey, background, rate * self.config.absorb, mask=moving)

    def _boxes(self, moving: Grey) -> Boxes:
        """Boxes around the connected regions of (H, W)."""
        side = max(3, round(self.config.closing * moving.shape[0])) | 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        closed = cv2.morphologyEx(moving, cv2.MORPH_CLOSE, kernel)
        _, _, regions, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
        area = self.config.min_area
        least = area if area >= 1 else area * moving.size
        left, top, width, height, pixels = regions[1:].T
        boxes = np.stack([left, top, left + width, top + height, np.ones_like(left)], axis=1)
        return boxes[pixels >= least].astype(np.float32)


def _blacked_out(moving: Grey, boxes: Boxes) -> Grey:
    """Forget what moves inside boxes that were found before ([002] 3.1)."""
    for left, top, right, bottom in boxes[:, :4].round().astype(int):
        moving[top:bottom, left:right] = 0
    return moving

"""Background subtraction: objects are what differs from a running mean of the frames."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import chain, islice

import cv2
import numpy as np
from numpy.typing import NDArray

from vadkit.api import Boxes, Detector, Seen, Video
from vadkit_detectors import MotionConfig
from vadkit_detectors.fragments import joined_pieces, remainders
from vadkit_detectors.groups import split_groups
from vadkit_detectors.regions import Mask, blacked_out, find_regions

HELD_BYTES = 256 * 2**20
"""Most memory for the frames that are held back."""
MEDIAN_OF = 50
"""Frames, evenly taken from those held back, whose median is the first background."""

FAINTEST = 0.95
"""Shade of the faintest cast shadow, as a share of the light beside it."""
COLOURED = 0.1
"""A shadow's shades in two colour channels differ by less."""

Image = NDArray[np.uint8]
"""(H, W, C)."""


class Motion(Detector[MotionConfig]):
    """Finds what moves before a fixed camera ([002] 3.1), each with confidence 1.

    The paper is silent on how the background begins. Here it is the median of the first frames,
    so that these have boxes too and who is there at first leaves no ghost behind.
    """

    def detect(self, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        held = self._held(stream)
        if not held:
            return
        some = held[:: -(-len(held) // MEDIAN_OF)]
        background = np.median([self._smooth(seen) for seen in some], axis=0).astype(np.float32)
        for seen in chain(held, stream):
            image = self._smooth(seen)
            moving = self._moving(image, background)
            self._learn(image, moving, background)
            yield Seen(seen.frame, np.concatenate([seen.boxes, self._boxes(moving, seen.boxes)]))

    def _boxes(self, moving: Mask, before: Boxes) -> Boxes:
        """Boxes (n, 5) of what moves beside the objects found before."""
        config = self.config
        regions = find_regions(blacked_out(moving, before), config.closing)
        numbers = regions.large(config.min_area)
        if config.pieces and len(before):
            whole = find_regions(moving, config.closing)
            held = blacked_out(np.ones_like(moving), before) == 0
            numbers = numbers[~remainders(regions, whole, held)[numbers]]
        boxes = split_groups(regions, numbers, config.split)
        return joined_pieces(boxes) if config.pieces else boxes

    def _held(self, stream: Iterator[Seen]) -> list[Seen]:
        held = list(islice(stream, 1))
        for first in held[:]:
            fitting = HELD_BYTES // first.frame.image.nbytes
            held += islice(stream, min(self.config.warmup, fitting) - 1)
        return held

    def _smooth(self, seen: Seen) -> Image:
        colour = seen.frame.image
        to_grey = self.config.grey and colour.shape[2] > 1
        image = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY) if to_grey else colour
        side = self.config.blur | 1
        return np.asarray(np.atleast_3d(cv2.GaussianBlur(image, (side, side), 0)), np.uint8)

    def _moving(self, image: Image, background: NDArray[np.float32]) -> Mask:
        difference = cv2.absdiff(image, np.atleast_3d(cv2.convertScaleAbs(background)))
        moving = reduce(cv2.max, cv2.split(difference)) > self.config.threshold
        if self.config.shadow and image.shape[2] > 1:
            moving &= ~self._shadows(image, background)
        return np.asarray(moving, np.uint8)

    def _shadows(self, image: Image, background: NDArray[np.float32]) -> NDArray[np.bool_]:
        """A shadow takes about the same share of the light from each channel; an object does not.

        Without colour nothing tells a shadow from a dark object.
        """
        shades = cv2.split(cv2.divide(image.astype(np.float32), background))
        lightest, darkest = reduce(cv2.max, shades), reduce(cv2.min, shades)
        even = lightest - darkest < COLOURED
        return np.asarray(even & (darkest > self.config.shadow) & (lightest < FAINTEST))

    def _learn(self, image: Image, moving: Mask, background: NDArray[np.float32]) -> None:
        """Move the background towards the image, slowly where something is in front of it."""
        rate = self.config.learning_rate
        cv2.accumulateWeighted(image, background, rate, mask=1 - moving)
        cv2.accumulateWeighted(image, background, rate * self.config.absorb, mask=moving)

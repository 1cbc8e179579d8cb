"""Moving regions: objects are where the optical flow is fast."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

import cv2
import numpy as np
from numpy.typing import NDArray
from vadkit_teachers.flow import DIS, Farneback, to_grey
from vadkit_teachers.flow_cards import DISConfig, FarnebackConfig

from vadkit.api import Detector, Seen, Video
from vadkit_detectors import FlowConfig
from vadkit_detectors.regions import blacked_out, find_regions


class Flow(Detector[FlowConfig]):
    """Finds what moves by the flow from the frame before; the first frame's is to the second.

    Source: Barbalau et al., CVIU 2023, 3.1, who take SelfFlow, a magnitude above 1 pixel and
    regions of at least 1500 pixels. A camera that moves makes everything move.
    """

    def __init__(self, config: FlowConfig) -> None:
        super().__init__(config)
        fast = config.method == "dis"
        self._method = DIS(DISConfig()) if fast else Farneback(FarnebackConfig())

    def detect(self, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        held = list(islice(stream, 2))
        before = to_grey(held[-1].frame.image) if held else np.empty((0, 0), np.uint8)
        for seen in chain(held, stream):
            now = to_grey(seen.frame.image)
            moving = blacked_out(self._moving(before, now), seen.boxes)
            regions = find_regions(moving, self.config.closing)
            boxes = regions.boxes(regions.large(self.config.min_area))
            yield Seen(seen.frame, np.concatenate([seen.boxes, boxes]))
            before = now

    def _moving(self, before: NDArray[np.uint8], now: NDArray[np.uint8]) -> NDArray[np.uint8]:
        right, down = cv2.split(self._method.between(before, now))
        return np.asarray(cv2.magnitude(right, down) > self.config.threshold, np.uint8)

"""Objects: the contract of a detector and the rules that turn detections into objects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from vadkit.data.dataset import Video
from vadkit.data.video.frame import Frame
from vadkit.errors import PluginError
from vadkit.registry.cards import BoxRules

ConfigT = TypeVar("ConfigT")
Boxes = NDArray[np.float32]
"""(n, 5): x1, y1, x2, y2 in pixels, confidence."""

MOST_BOXES = 200
"""Objects kept of one frame, the surest first."""


@dataclass(frozen=True)
class Seen:
    """A frame and the boxes found in it so far."""

    frame: Frame
    boxes: Boxes


class Detector(ABC, Generic[ConfigT]):
    """One stage of a stream: adds its boxes to what the stages before it found.

    It may look ahead by holding frames back, but yields every frame once, in order, and keeps
    only a bounded number of them. Boxes may reach beyond the image; the host clips them. An object
    serves one stream at a time, one after another: networks keep their input.
    """

    def __init__(self, config: ConfigT) -> None:
        self.config = config

    @abstractmethod
    def detect(self, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        """Yield each frame of the stream with the boxes found before and its own."""

    def fingerprint(self) -> str:
        """A hash of what the boxes depend on beside options and video (a file, weights)."""
        return ""


def detect(
    video: Video,
    stream: Iterator[Seen],
    detectors: Sequence[Detector[Any]],
    rules: BoxRules,
    counts: Counter[str],
) -> Iterator[Seen]:
    """Chain the detectors over a video's frames and keep what counts as an object.

    Args:
        video: Whose frames they are.
        stream: Its frames, with no box yet.
        detectors: Stages of the stream; each sees the boxes of those before it.
        rules: Which boxes count.
        counts: Raised by what was found and dropped, by name.

    Raises:
        PluginError: A detector does not give every frame once, in order.
    """
    for detector in detectors:
        stream = _cleaned(_in_step(video, stream, detector), counts)
    return (_ruled(searched, rules, counts) for searched in stream)


def _in_step(video: Video, stream: Iterator[Seen], detector: Detector[Any]) -> Iterator[Seen]:
    """A detector's stage; refuses one that drops, repeats or mixes up frames.

    A box in a wrong frame would be cut from it without anybody noticing.
    """
    shown = returned = 0

    def counted() -> Iterator[Seen]:
        nonlocal shown
        for searched in stream:
            shown += 1
            yield searched

    for searched in detector.detect(video, counted()):
        if searched.frame.index != returned:
            raise _out_of_step(
                detector, f"frame {searched.frame.index} in place of frame {returned}"
            )
        returned += 1
        yield searched
    shown += next(stream, None) is not None
    if returned < shown:
        raise _out_of_step(detector, f"{returned} of the {shown} frames that it was shown")


def clip_boxes(boxes: Boxes, height: int, width: int) -> Boxes:
    """Clip boxes to the image and drop those of which nothing is left, or that hold no number.

    Scores by area, overlaps in region metrics and boxes cut out of teachers' maps rely on it.
    """
    boxes = np.asarray(boxes, np.float32).reshape(-1, 5)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    corners = boxes[:, :4].clip(0, np.array([width, height] * 2, np.float32))
    boxes = np.concatenate([corners, boxes[:, 4:]], axis=1)
    has_area = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return boxes[has_area]


def apply_rules(boxes: Boxes, rules: BoxRules) -> Boxes:
    """Keep the boxes (n, 5) of one frame that count as objects, in their order, 200 at most.

    Confidence and size are judged first, so that a box which is no object hides none. Equal boxes
    hide each other only through `max_overlap`, where the first stays.
    """
    boxes = _large(boxes, rules)
    # Before boxes are compared in pairs, so that a frame with thousands costs no memory.
    boxes = boxes[np.sort(np.argsort(-boxes[:, 4], kind="stable")[:MOST_BOXES])]
    if rules.drop_contained:
        boxes = boxes[~_contained(boxes)]
    if rules.max_overlap < 1:
        boxes = boxes[~_covered(boxes, rules.max_overlap)]
    return boxes


def _large(boxes: Boxes, rules: BoxRules) -> Boxes:
    side = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    return boxes[(boxes[:, 4] > rules.confidence) & (side >= rules.min_side)]


def _out_of_step(detector: Detector[Any], what: str) -> PluginError:
    kind = type(detector)
    return PluginError(
        f"The detector {kind.__name__} of {kind.__module__} gives {what}.",
        "`detect` has to yield every frame of the stream once, in order.",
    )


def _cleaned(stream: Iterator[Seen], counts: Counter[str]) -> Iterator[Seen]:
    for searched in stream:
        boxes = clip_boxes(searched.boxes, *searched.frame.image.shape[:2])
        counts["boxes_unusable"] += len(searched.boxes) - len(boxes)
        yield replace(searched, boxes=boxes)


def _ruled(searched: Seen, rules: BoxRules, counts: Counter[str]) -> Seen:
    boxes = apply_rules(searched.boxes, rules)
    over = max(0, len(_large(searched.boxes, rules)) - MOST_BOXES)
    counts["frames_without_boxes"] += not len(boxes)
    counts["boxes"] += len(boxes)
    counts["boxes_over_limit"] += over
    counts["boxes_against_rules"] += len(searched.boxes) - len(boxes) - over
    return replace(searched, boxes=boxes)


def _contained(boxes: Boxes) -> NDArray[np.bool_]:
    """(n,) whether a box lies strictly inside another."""
    inner, outer = boxes[:, None], boxes[None]
    above = (inner[..., :2] > outer[..., :2]).all(axis=-1)
    below = (inner[..., 2:4] < outer[..., 2:4]).all(axis=-1)
    return np.asarray(np.any(above & below, axis=1))


def _covered(boxes: Boxes, share: float) -> NDArray[np.bool_]:
    """(n,) whether one larger box covers more than `share` of a box (HF2VAD's rule)."""
    common, area, order = shared_areas(boxes, boxes), box_areas(boxes), np.arange(len(boxes))
    larger = area[None] > area[:, None]
    larger |= (area[None] == area[:, None]) & (order[None] < order[:, None])
    return np.asarray((larger & (common > share * area[:, None])).any(axis=1))


def box_areas(boxes: NDArray[Any]) -> NDArray[Any]:
    """(n, 4 or more) -> (n,), in pixels."""
    return np.asarray((boxes[:, 2:4] - boxes[:, :2]).prod(axis=1))


def shared_areas(some: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """(n, 4 or more), (m, 4 or more) -> (n, m), the area that two boxes have in common."""
    low = np.maximum(some[:, None, :2], others[None, :, :2])
    high = np.minimum(some[:, None, 2:4], others[None, :, 2:4])
    return np.asarray((high - low).clip(min=0).prod(axis=-1))

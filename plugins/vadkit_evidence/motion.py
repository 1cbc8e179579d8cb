"""How an object moves: optical flow inside its box, and the way of the box itself.

Lengths are in pixels of a frame 400 pixels wide, as those of the part `box`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from vadkit_teachers.flow import DIS, to_grey
from vadkit_teachers.flow_cards import DISConfig

from vadkit.api import (
    Boxes,
    Evidence,
    Rows,
    Seen,
    box_pixels,
    link_boxes,
    neighbour_distance,
    windows,
)
from vadkit_evidence.box import WIDTH
from vadkit_evidence.cards import MotionConfig
from vadkit_evidence.chains import End, chain_ends

Flow = NDArray[np.float32]
"""(H, W, 2) pixels from one frame to the next."""
BINS = 8
LOG_HEIGHT = 5
"""Column of a description."""


@dataclass(frozen=True)
class Ways:
    """How far objects have come: those of a frame, then those that were lost shortly before."""

    boxes: Boxes
    """(n, 5): where each was seen last; the frame's own boxes come first."""
    starts: NDArray[np.float64]
    """(n, 2): the centre of the box in which each was first seen."""
    farthest: NDArray[np.float64]
    """(n,): the greatest distance from there so far."""
    unseen: NDArray[np.int64]
    """(n,): for how many frames each has had no box."""

    @classmethod
    def begun(cls, boxes: Boxes) -> Ways:
        """Of objects that are seen for the first time."""
        return cls(boxes, _centres(boxes), np.zeros(len(boxes)), np.zeros(len(boxes), np.int64))

    def after(
        self, boxes: Boxes, frame_links: Mapping[int, int], overlap: float, memory: int
    ) -> Ways:
        """Those of the next frame's boxes, and of who has had no box for so many frames at most.

        A box goes on with one of the frame before and, where there is none, with that of an object
        that was lost where it appears: whoever falls has another box from one frame to the next.
        """
        lost = np.setdiff1d(np.arange(len(self.boxes)), [*frame_links.values()])
        new = np.setdiff1d(np.arange(len(boxes)), [*frame_links])
        found = link_boxes(self.boxes[lost], boxes[new], overlap)
        links = {**frame_links, **{int(new[row]): int(lost[old]) for row, old in found.items()}}
        begun, rows, before = Ways.begun(boxes), [*links], [*links.values()]
        begun.starts[rows] = self.starts[before]
        begun.farthest[rows] = self.farthest[before]
        way = np.hypot(*(_centres(boxes) - begun.starts).T)
        kept = np.setdiff1d(np.flatnonzero(self.unseen < memory), before)
        return Ways(
            np.concatenate([boxes, self.boxes[kept]]),
            np.concatenate([begun.starts, self.starts[kept]]),
            np.concatenate([np.maximum(begun.farthest, way), self.farthest[kept]]),
            np.concatenate([begun.unseen, self.unseen[kept] + 1]),
        )


def _centres(boxes: Boxes) -> NDArray[np.float64]:
    return (boxes[:, :2] + boxes[:, 2:4]).astype(np.float64) / 2


@dataclass(frozen=True)
class _Moment:
    """A frame's boxes, and what led to them from the frame before."""

    boxes: Boxes
    """As if the frame was 400 pixels wide."""
    image: NDArray[np.uint8]
    flow: Flow | None
    """From the frame before, in pixels of `image`; None in the first."""
    links: Mapping[int, int]
    """Box -> the same object's box in the frame before."""
    ways: Ways
    """Of the boxes, and of those that were lost before."""


class Motion(Evidence[MotionConfig]):
    """Flow inside a box, before and after its frame, and the displacement of linked boxes.

    Attributes:
        speed: Length of the mean flow vector, a frame.
        travel: Displacement of the box's centre along its links, a frame; 0 without one.
        directions: Mean distance of the square roots of an 8-bin histogram of flow directions to
            training objects.
        flow: Mean of |u| + |v|, a frame.
        roamed: How far the object has come, at most, in heights of its box: the centre from where
            it was first seen, so far and along its links in the frames ahead, or what is in the box
            from the frame before to the frame after.
        place: Mean distance of place, speed and height to training objects: who moves so, and is so
            large, where nobody did.
    """

    def describe(self, frames: Iterator[Seen]) -> Iterator[Rows]:
        """(n, 15): speed, travel, flow, centre, foot, log height, way, the roots of the 8 bins."""
        reach = self.config.reach
        for window in windows(self._moments(frames), reach, reach):
            yield _described(window.items, window.centre)

    def fit(self, rows: Rows, videos: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """The histograms, the places and the median height, in which places are counted."""
        height = np.median(np.exp(rows[:, LOG_HEIGHT]))
        places = _places(rows, height)
        return {"rows": rows[:, -BINS:], "places": places, "height": height, "videos": videos}

    def measure(
        self, rows: Rows, bank: Any, videos: NDArray[np.int64] | None = None
    ) -> dict[str, NDArray[np.floating[Any]]]:
        """The attributes (n,) each."""
        apart = None if videos is None else (videos, bank["videos"])
        count = self.config.neighbours
        return {
            "speed": rows[:, 0],
            "travel": rows[:, 1],
            "flow": rows[:, 2],
            "roamed": rows[:, LOG_HEIGHT + 1],
            "directions": neighbour_distance(rows[:, -BINS:], bank["rows"], count, apart),
            "place": neighbour_distance(
                _places(rows, bank["height"]), bank["places"], count, apart
            ),
        }

    def _moments(self, frames: Iterator[Seen]) -> Iterator[_Moment]:
        search = DIS(DISConfig(preset=self.config.flow))
        before: deque[_Moment] = deque(maxlen=1)
        overlap, memory = self.config.overlap, self.config.memory
        for seen in frames:
            boxes, image = seen.boxes.copy(), self._small(to_grey(seen.frame.image))
            boxes[:, :4] *= WIDTH / seen.frame.image.shape[1]
            moment = _Moment(boxes, image, None, {}, Ways.begun(boxes))
            for last in before:
                flow = search.between(last.image, image)
                links = link_boxes(last.boxes, boxes, overlap)
                ways = last.ways.after(boxes, links, overlap, memory)
                moment = _Moment(boxes, image, flow, links, ways)
            before.append(moment)
            yield moment

    def _small(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = image.shape
        if width <= self.config.most:
            return image
        half = (width // 2, height // 2)
        return self._small(np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_AREA)))


def _places(rows: Rows, height: np.floating[Any]) -> Rows:
    """(n, 4): centre and foot in median heights, logarithms of speed and height.

    A factor of e in speed counts as two heights of way, and one in height as half a height.
    """
    centre, foot, log_height = rows[:, LOG_HEIGHT - 2 : LOG_HEIGHT + 1].T
    columns = [centre / height, foot / height, 2 * np.log1p(rows[:, 0]), log_height / 2]
    return np.stack(columns, axis=1).astype(np.float32)


def _described(moments: tuple[_Moment, ...], centre: int) -> Rows:
    """(n, 15) of one of some consecutive moments."""
    moment = moments[centre]
    after = moments[centre + 1].flow if centre + 1 < len(moments) else None
    flows = [_statistics(flow, moment) for flow in (moment.flow, after) if flow is not None]
    mean = np.mean(flows, axis=0) if flows else np.zeros((len(moment.boxes), 3 + BINS))
    speed = np.hypot(mean[:, 0], mean[:, 1])
    ends = [chain_ends(moments, centre, row) for row in range(len(moment.boxes))]
    travelled = np.array([_travel(moments, *of) for of in ends], np.float64)
    farthest = np.array([moments[at].ways.farthest[box] for _, (at, box) in ends], np.float64)
    left, top, right, bottom = moment.boxes[:, :4].T
    height = np.maximum(bottom - top, 1e-3)
    place = [(left + right) / 2, bottom, np.log(height)]
    way = np.maximum(farthest, 2 * speed)  # links lose what is fast, from frame to frame to frame
    columns = [speed, travelled, mean[:, 2], *place, way / height, *np.sqrt(mean[:, 3:]).T]
    return np.stack(columns, axis=1).astype(np.float32)


def _statistics(flow: Flow, moment: _Moment) -> NDArray[np.float64]:
    """(n, 11): mean u, v and |u| + |v|, and magnitudes by direction divided by pixels."""
    zoom = WIDTH / flow.shape[1]
    boxes = moment.boxes.copy()
    boxes[:, :4] /= zoom
    rows = [
        _of_flow(flow[top:bottom, left:right].reshape(-1, 2) * zoom)
        for left, top, right, bottom in box_pixels(boxes, flow)
    ]
    return np.array(rows, np.float64).reshape(-1, 3 + BINS)


def _of_flow(vectors: Flow) -> NDArray[np.float64]:
    """(pixels, 2) -> (11,)."""
    u, v = vectors.T
    turn = (np.arctan2(v, u) + np.pi) / (2 * np.pi) * BINS
    bins = np.minimum(turn.astype(np.int64), BINS - 1)
    sums = np.bincount(bins, weights=np.hypot(u, v), minlength=BINS)
    return np.concatenate([[u.mean(), v.mean(), (np.abs(u) + np.abs(v)).mean()], sums / len(u)])


def _travel(moments: tuple[_Moment, ...], first: End, last: End) -> float:
    """Displacement of a box's centre, in pixels a frame, from one end of its links to the other."""
    if first == last:
        return 0.0
    ends = [moments[at].boxes[box, :4].astype(np.float64) for at, box in (first, last)]
    start, stop = ((end[:2] + end[2:]) / 2 for end in ends)
    return float(np.hypot(*(stop - start)) / (last[0] - first[0]))

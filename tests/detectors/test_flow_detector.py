from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from vadkit_detectors import FlowConfig
from vadkit_detectors.flow import Flow

from vadkit.data.dataset import Video
from vadkit.data.detection import Seen
from vadkit.data.video.frame import Frame

VIDEO = Video("street", Path("street"), "train")
NOTHING = np.empty((0, 5), np.float32)
SMALL = 0.002


def street(
    frames: int, channels: int = 1, boxes: np.ndarray = NOTHING, step: int = 3
) -> Iterator[Seen]:
    """A patterned thing, 24x36 pixels, crosses a patterned street from the left; one stands."""
    rng = np.random.default_rng(0)
    wall, thing = rng.integers(60, 120, (120, 160)), rng.integers(120, 250, (36, 24))
    for index in range(frames):
        image = np.repeat(wall[..., None], channels, axis=2)
        image[70:106, 120:144] = thing[..., None]
        left = 10 + step * index
        image[40:76, left : left + 24] = thing[..., None]
        yield Seen(Frame(index, index / 25, image.astype(np.uint8)), boxes)


@pytest.mark.parametrize("method", ["dis", "farneback"])
@pytest.mark.parametrize("channels", [1, 3])
def test_what_moves_has_a_box_in_every_frame_and_what_stands_has_none(
    method: str, channels: int
) -> None:
    detector = Flow(FlowConfig(method=method, min_area=SMALL))  # type: ignore[arg-type]
    for seen in detector.detect(VIDEO, street(8, channels)):
        left = 10 + 3 * seen.frame.index
        middles = (seen.boxes[:, 0] + seen.boxes[:, 2]) / 2
        assert len(seen.boxes) >= 1
        assert (abs(middles - left - 12) < 12).all()
        assert (seen.boxes[:, 4] == 1).all()


def test_slow_and_small_things_are_no_objects() -> None:
    for config in (FlowConfig(threshold=50.0), FlowConfig(min_area=5000)):
        assert all(not len(seen.boxes) for seen in Flow(config).detect(VIDEO, street(4)))


def test_boxes_found_before_stay_and_are_blacked_out() -> None:
    before = np.array([[0, 0, 160, 120, 0.9]], np.float32)
    for seen in Flow(FlowConfig(min_area=SMALL)).detect(VIDEO, street(4, boxes=before)):
        assert seen.boxes.tolist() == before.tolist()


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_short_videos(frames: int) -> None:
    found = list(Flow(FlowConfig(min_area=SMALL)).detect(VIDEO, street(frames)))
    assert [seen.frame.index for seen in found] == list(range(frames))


def test_options_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="threshold must be positive"):
        FlowConfig(threshold=0)

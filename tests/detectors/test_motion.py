from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vadkit_detectors import MotionConfig
from vadkit_detectors.motion import Motion

from vadkit.data.dataset import Video
from vadkit.data.detection import Seen
from vadkit.data.video.frame import Frame
from vadkit.data.video.open_video import open_video

pytestmark = pytest.mark.edges

VIDEO = Video("street", Path("street"), "train")
VTEST = Path(__file__).parents[2] / "../shared/data/vtest_480x360.avi"
NOTHING = np.empty((0, 5), np.float32)


def street(
    frames: int, start: int = 0, height: int = 120, channels: int = 1, step: int = 2
) -> Iterator[Seen]:
    """A dark walker, 12x30 pixels, who crosses a noisy grey street from the left."""
    rng = np.random.default_rng(0)
    for index in range(frames):
        image = 120 + 3 * rng.standard_normal((height, 160, channels))
        left = start + step * index
        image[40:70, left : left + 12] = 20
        yield Seen(Frame(index, index / 25, image.clip(0, 255).astype(np.uint8)), NOTHING)


def overlap(box: list[float], other: list[float]) -> float:
    low = np.maximum(box[:2], other[:2])
    high = np.minimum(box[2:4], other[2:4])
    common = np.prod((high - low).clip(min=0))
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (box, other)]
    return float(common / (sum(areas) - common))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_walker_has_one_box_in_every_frame_from_the_first(channels: int) -> None:
    for seen in Motion(MotionConfig()).detect(VIDEO, street(70, channels=channels)):
        left = 2 * seen.frame.index
        assert len(seen.boxes) == 1
        assert overlap(seen.boxes[0].tolist(), [left, 40, left + 12, 70]) > 0.7
        assert seen.boxes[0, 4] == 1


def test_every_frame_comes_out_once_and_few_are_held() -> None:
    held, most = 0, 0

    def counted() -> Iterator[Seen]:
        nonlocal held, most
        for seen in street(75, step=1):
            held += 1
            most = max(most, held)
            yield seen

    indices = []
    for seen in Motion(MotionConfig(warmup=20)).detect(VIDEO, counted()):
        held -= 1
        indices.append(seen.frame.index)
    assert indices == list(range(75))
    assert most == 20


@pytest.mark.parametrize("frames", [0, 1, 3])
def test_a_short_video_needs_no_warmup(frames: int) -> None:
    assert len(list(Motion(MotionConfig()).detect(VIDEO, street(frames)))) == frames


def test_a_ghost_of_who_stood_there_at_first_fades() -> None:
    def leaves() -> Iterator[Seen]:
        for seen in street(600, start=20, step=0):
            image = seen.frame.image.copy()
            if seen.frame.index >= 90:
                image[40:70, 20:32] = 120
            yield replace(seen, frame=replace(seen.frame, image=image))

    counts = [len(seen.boxes) for seen in Motion(MotionConfig()).detect(VIDEO, leaves())]
    assert counts[89:91] == [0, 1]
    assert counts[-1] == 0


def test_what_was_found_before_is_not_found_again() -> None:
    known = np.array([[96, 35, 120, 75, 0.9]], np.float32)
    given = (replace(seen, boxes=known) for seen in street(55))
    seen = list(Motion(MotionConfig()).detect(VIDEO, given))
    assert seen[50].boxes.tolist() == known.tolist()  # the walker is inside the known box
    assert len(seen[10].boxes) == 2


@pytest.mark.parametrize(("min_area", "found"), [(0.001, 1), (0.1, 0), (200.0, 1), (1500.0, 0)])
def test_small_regions_are_dropped_by_share_or_by_pixels(min_area: float, found: int) -> None:
    seen = list(Motion(MotionConfig(min_area=min_area)).detect(VIDEO, street(60)))
    assert len(seen[30].boxes) == found


@pytest.mark.data
def test_pedestrians_of_a_real_video_are_found() -> None:
    if not VTEST.exists():
        pytest.skip(f"{VTEST} is missing")
    frames = (Seen(frame, NOTHING) for frame in open_video(VTEST).frames())
    seen = next(s for s in Motion(MotionConfig()).detect(VIDEO, frames) if s.frame.index == 60)
    # Drawn by hand around three groups of pedestrians.
    for box in ([229, 104, 268, 166], [282, 125, 326, 184], [385, 146, 408, 213]):
        assert max(overlap(box, found[:4].tolist()) for found in seen.boxes) > 0.5


def test_colour_shows_what_is_as_bright_as_its_background() -> None:
    def dressed() -> Iterator[Seen]:
        for seen in street(60, channels=3):
            image = seen.frame.image.copy()
            image[image[..., 0] < 60] = (219, 80, 60)  # as bright as the street, in grey
            yield replace(seen, frame=replace(seen.frame, image=image))

    assert all(len(seen.boxes) == 1 for seen in Motion(MotionConfig()).detect(VIDEO, dressed()))
    grey = list(Motion(MotionConfig(grey=True)).detect(VIDEO, dressed()))
    assert not len(grey[30].boxes)


def test_large_frames_are_held_within_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vadkit_detectors.motion.HELD_BYTES", 10 * 160 * 120)
    given = 0

    def counted() -> Iterator[Seen]:
        nonlocal given
        for seen in street(40):
            given += 1
            yield seen

    next(Motion(MotionConfig()).detect(VIDEO, counted()))
    assert given == 10


def in_the_sun(channels: int) -> Iterator[Seen]:
    """The walker in red, and beside it a cast shadow of the same size."""
    for seen in street(40, channels=channels):
        image, left = seen.frame.image.copy(), 2 * seen.frame.index
        image[40:70, left : left + 12] = np.array([160, 20, 20])[:channels]
        beside = image[40:70, left + 12 : left + 24]
        image[40:70, left + 12 : left + 24] = (0.6 * beside).astype(np.uint8)
        yield replace(seen, frame=replace(seen.frame, image=image))


@pytest.mark.parametrize(
    ("channels", "shadow", "width"), [(3, 0.35, 12), (3, 0.0, 24), (3, 0.7, 24), (1, 0.35, 24)]
)
def test_a_cast_shadow_is_no_part_of_who_casts_it(channels: int, shadow: float, width: int) -> None:
    config = MotionConfig(shadow=shadow)
    for seen in list(Motion(config).detect(VIDEO, in_the_sun(channels)))[5:30]:
        left = 2 * seen.frame.index
        assert len(seen.boxes) == 1
        assert overlap(seen.boxes[0].tolist(), [left, 40, left + width, 70]) > 0.8


def test_a_broken_person_is_one_box_and_rims_of_earlier_boxes_are_none() -> None:
    image = np.full((80, 120, 1), 40, np.uint8)
    image[20:40, 50:60] = image[44:64, 50:60] = 200
    frames = [*[np.full_like(image, 40)] * 30, image]
    plain, mended = (Motion(MotionConfig(blur=1, pieces=on)) for on in (False, True))
    assert len(boxes_of_last(plain, frames)) == 2
    assert boxes_of_last(mended, frames)[:, :4].tolist() == [[50, 20, 60, 64]]
    held = np.array([[52, 18, 62, 66, 0.9]], np.float32)
    assert len(boxes_of_last(plain, frames, held)) > 1
    assert boxes_of_last(mended, frames, held).tolist() == held.tolist()


def boxes_of_last(
    detector: Motion, images: list[np.ndarray], before: np.ndarray = NOTHING
) -> np.ndarray:
    stream = (Seen(Frame(n, n / 25, image), before) for n, image in enumerate(images))
    *_, last = detector.detect(VIDEO, stream)
    return last.boxes


def test_a_share_beyond_one_cuts_nothing_and_is_refused() -> None:
    with pytest.raises(ValueError, match="split must lie between 0 and 1"):
        MotionConfig(split=1.5)

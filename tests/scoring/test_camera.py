"""Other cameras: what looks like nothing in training is told from a few odd objects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vadkit.data.units import Units
from vadkit.errors import OtherCameraError
from vadkit.recipe import ScoreName
from vadkit.scoring.calibration import Normal
from vadkit.scoring.camera import other_cameras, refuse_other_camera, usual_shares

LOOKS = ScoreName("looks.distance")
FRAMES = 6


def objects(count: int) -> Units:
    """So many objects that stand side by side through six frames."""
    lefts = np.tile(np.arange(count) * 20, FRAMES)
    boxes = np.stack([lefts, lefts * 0, lefts + 10, lefts * 0 + 20, lefts * 0 + 1], axis=1)
    return Units(
        videos=("clip",),
        lengths=np.array([FRAMES]),
        sizes=np.array([[100, 1000]]),
        video=np.zeros(count * FRAMES, np.int64),
        frame=np.arange(FRAMES).repeat(count),
        boxes=boxes.astype(np.float32),
        cameras=("gate",),
    )


def training() -> Normal:
    """Hundred training objects at distances 0 to 99 before one camera, and a thousand far ones."""
    scores = np.concatenate([np.arange(100.0), np.full(1000, 1e6)])
    cameras = np.array(["gate"] * 100 + ["yard"] * 1000)
    boxes, sizes = np.zeros((1100, 5), np.float32), np.ones((1100, 2), np.int64)
    return Normal(boxes, sizes, {LOOKS: scores}, cameras, np.zeros(1100, np.int64))


@pytest.mark.parametrize(("odd", "share"), [(0, 1.0), (6, 0.4), (10, 0.0)])
def test_objects_look_usual_as_four_of_five_in_training_do(odd: int, share: float) -> None:
    distances = np.tile([90.0] * odd + [70.0] * (10 - odd), FRAMES)
    distances[:10] = 0  # a single frame does not make an object usual
    shares = usual_shares(objects(10), distances, training(), LOOKS)
    assert shares == {"clip": pytest.approx(share)}


def test_a_few_odd_objects_say_nothing_of_the_camera() -> None:
    assert usual_shares(objects(4), np.full(4 * FRAMES, 1e9), training(), LOOKS) == {}


def test_a_video_of_another_camera_is_refused_by_name() -> None:
    units = objects(10)
    refuse_other_camera({LOOKS: (units, np.full(60, 70.0))}, {"looks": training()}, [LOOKS])
    with pytest.raises(OtherCameraError, match=r"clip: 100% of its objects look unlike any"):
        refuse_other_camera({LOOKS: (units, np.full(60, 90.0))}, {"looks": training()}, [LOOKS])


def test_of_several_videos_those_of_other_cameras_are_named() -> None:
    clip = objects(10)
    both = replace(
        clip,
        videos=("here", "elsewhere"),
        lengths=np.array([FRAMES, FRAMES]),
        sizes=np.repeat(clip.sizes, 2, axis=0),
        video=np.repeat([0, 1], 60),
        frame=np.tile(clip.frame, 2),
        boxes=np.tile(clip.boxes, (2, 1)),
        cameras=("gate", "gate"),
    )
    tables = {LOOKS: (both, np.repeat([70.0, 90.0], 60))}
    (sentence,) = other_cameras(tables, {"looks": training()}, [LOOKS])
    assert sentence.startswith("elsewhere: 100% of its objects look unlike any in training")

"""What an object stands on is told by the colour around its foot."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from vadkit_evidence.cards import GROUND
from vadkit_evidence.ground import Ground

from vadkit.api import Seen
from vadkit.data.video.frame import Frame

PATH, LAWN, COAT = (150, 150, 150), (60, 120, 50), (200, 20, 20)
FRAME = (80, 120, 3)


def seen(image: NDArray[np.uint8], *boxes: tuple[float, ...]) -> Seen:
    """A frame with boxes: left, top, right, bottom."""
    rows = np.array([(*box, 1) for box in boxes], np.float32).reshape(-1, 5)
    return Seen(Frame(index=0, time_s=0.0, image=image), rows)


def described(*frames: Seen) -> NDArray[np.float32]:
    return np.concatenate([*Ground(GROUND.config()).describe(iter(frames))])


def park() -> NDArray[np.uint8]:
    """A path on the left, a lawn on the right, and a red coat on each."""
    image = np.empty(FRAME, np.uint8)
    image[:, :60], image[:, 60:] = PATH, LAWN
    image[20:50, 20:30] = image[20:50, 90:100] = COAT
    return image


def test_the_ground_is_what_lies_around_the_foot() -> None:
    path, lawn = described(seen(park(), (20, 20, 30, 50), (90, 20, 100, 50)))
    assert path == pytest.approx([62.1, 0, 0], abs=0.5)  # by the definition of CIELAB
    assert lawn == pytest.approx([45.1, -34.2, 32.1], abs=0.5)


def test_grey_video_has_lightness_alone() -> None:
    row = described(seen(np.full((80, 120, 1), 150, np.uint8), (20, 20, 30, 50)))[0]
    assert row == pytest.approx([62.1, 0, 0], abs=0.5)


@pytest.mark.parametrize(
    "box", [(0, 0, 120, 80), (0, 40, 10, 80), (-5, 60, 9, 95), (110, 0, 120, 3), (0, 0, 1, 1)]
)
def test_boxes_at_borders_have_ground(box: tuple[float, ...]) -> None:
    assert np.isfinite(described(seen(park(), box))).all()


def test_a_frame_without_objects_has_no_rows() -> None:
    assert described(seen(park())).shape == (0, 3)


def test_who_walks_on_a_lawn_is_told_from_who_walks_on_a_path() -> None:
    part = Ground(GROUND.config(neighbours=2))
    rng = np.random.default_rng(0)
    noisy = [np.clip(park() + rng.normal(0, 3, FRAME), 0, 255).astype(np.uint8) for _ in range(9)]
    training = described(*(seen(image, (20, 20, 30, 50)) for image in noisy[:8]))
    bank = part.fit(training, np.arange(8) // 2)
    rows = described(seen(noisy[8], (20, 20, 30, 50), (90, 20, 100, 50)))
    path, lawn = part.measure(rows, bank)["distance"]
    usual = part.measure(training, bank, np.arange(8) // 2)["distance"]
    assert path < 2
    assert usual.max() < 2
    assert lawn > 40

"""Pixel masks: what is not 0 is anomalous, at any depth; what may be noise is refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from trees import video

from vadkit.data.annotations.pixel_masks import read_masks, read_objects
from vadkit.errors import DataError

pytestmark = pytest.mark.edges
SHAPE = (24, 36)
INSIDE = np.zeros(SHAPE, bool)
INSIDE[4:10, 5:20] = True


def folder(path: Path, *masks: np.ndarray | Image.Image, ending: str = ".png") -> Path:
    """A folder of masks, the colours in OpenCV's order."""
    path.mkdir()
    for number, mask in enumerate(masks, 1):
        file = path / f"{number:03}{ending}"
        if isinstance(mask, Image.Image):
            mask.save(file)
        else:
            cv2.imwrite(str(file), mask)
    return path


def drawn(value: int | float | tuple[int, ...], kind: type = np.uint8) -> np.ndarray:
    channels = len(value) if isinstance(value, tuple) else 0
    mask = np.zeros((*SHAPE, channels) if channels else SHAPE, kind)
    mask[INSIDE] = value
    return mask


def with_alpha(alpha: np.ndarray | int, colour: int = 255) -> np.ndarray:
    mask = np.zeros((*SHAPE, 4), np.uint8)
    mask[INSIDE, :3] = colour
    mask[..., 3] = alpha
    return mask


def indexed(first: tuple[int, int, int]) -> Image.Image:
    image = Image.fromarray(INSIDE.astype(np.uint8) * 2).convert("P")
    image.putpalette([*first, 9, 9, 9, 0, 0, 0])
    return image


@pytest.mark.parametrize(
    ("mask", "ending"),
    [
        (drawn(255), ".png"),
        (drawn(1), ".png"),
        (drawn(1), ".bmp"),
        (drawn(1), ".pgm"),
        (drawn(1, np.uint16), ".png"),
        (drawn(300, np.uint16), ".tif"),
        (drawn(70_000, np.int32), ".tif"),
        (drawn(-1, np.int32), ".tif"),
        (drawn(0.001, np.float32), ".tif"),
        (drawn(1e6, np.float32), ".tif"),
        (drawn((1, 0, 0)), ".png"),
        (drawn((0, 0, 1), np.uint16), ".png"),
        (with_alpha(255, 1), ".png"),
        (with_alpha(0, 1), ".png"),
        (with_alpha(INSIDE * 255), ".png"),
        (Image.fromarray(INSIDE), ".png"),
        (indexed((0, 0, 255)), ".png"),
        (indexed((255, 255, 255)), ".png"),
        (drawn(255), ".jpg"),
        (drawn((0, 0, 255)), ".jpg"),
        (drawn(255), ".webp"),
    ],
)  # fmt: skip
def test_what_is_not_normal_is_anomalous_in_every_form(tmp_path, mask, ending):
    masks = list(read_masks(folder(tmp_path / "masks", mask, ending=ending)))
    wrong = np.argwhere(masks[0] != INSIDE)
    edges = 0 if ending not in (".jpg", ".webp") else 1  # compression moves the region's rim
    assert all(3 <= y <= 10 and 4 <= x <= 20 for y, x in wrong)
    assert len(wrong) <= edges * 42
    assert masks[0].shape == SHAPE


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_black_mask_is_normal(tmp_path, kind):
    black = np.zeros(SHAPE, kind)
    (mask,) = read_masks(folder(tmp_path / "masks", black))
    assert not mask.any()
    (mask,) = read_masks(folder(tmp_path / "lossy", black.astype(np.uint8), ending=".jpg"))
    assert not mask.any()


@pytest.mark.parametrize("value", [2, 100])
def test_a_dark_mask_that_lost_values_is_refused(tmp_path, value):
    path = folder(tmp_path / "masks", drawn(255), drawn(value), ending=".jpg")
    with pytest.raises(DataError, match=r"002\.jpg: nothing in this mask is brighter than"):
        list(read_masks(path))
    images = [drawn(255), drawn(value)]
    path = video(tmp_path / "masks.mkv", codec="ffv1", pix_fmt="gray", images=images)
    with pytest.raises(DataError, match=rf"masks\.mkv, frame 1: .* brighter than {value}"):
        list(read_masks(path))


def test_colours_and_alpha_that_disagree_are_refused(tmp_path):
    path = folder(tmp_path / "masks", with_alpha(~INSIDE * 255))
    with pytest.raises(DataError, match=r"001\.png says one thing by its colours and another"):
        list(read_masks(path))


def test_a_mask_that_cannot_be_decoded_is_refused(tmp_path):
    path = folder(tmp_path / "masks", drawn(1), drawn(1))
    whole = (path / "002.png").read_bytes()
    (path / "002.png").write_bytes(whole[:50])
    with pytest.raises(DataError, match=r"002\.png cannot be decoded"):
        list(read_masks(path))


def test_other_images_among_masks_are_refused(tmp_path):
    path = folder(tmp_path / "masks", *[drawn(1)] * 3)
    cv2.imwrite(str(path / "overlay.png"), drawn(200))
    with pytest.raises(DataError, match=r"holds overlay\.png beside masks like 001\.png"):
        list(read_masks(path))


def test_pages_of_a_tiff_are_masks(tmp_path):
    (tmp_path / "masks").mkdir()
    pages = [drawn(0, np.uint16), drawn(3, np.uint16)]
    (tmp_path / "masks/all.tif").write_bytes(cv2.imencodemulti(".tif", pages)[1])
    assert np.array_equal(list(read_masks(tmp_path / "masks")), [INSIDE & False, INSIDE])


def test_objects_keep_their_numbers(tmp_path):
    path = folder(tmp_path / "maps", drawn(700, np.uint16), with_alpha(255, 3))
    first, second = read_objects(path)
    assert np.array_equal(first, INSIDE * 700)
    assert np.array_equal(second, INSIDE * 3)

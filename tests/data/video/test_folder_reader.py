"""Folders of frames: their order, and gaps and damage in them."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest
from made_videos import HEIGHT, WIDTH, decode, digest, huge_png, picture, refused, write_frames

from vadkit.data.video.open_video import open_video
from vadkit.errors import DataError

pytestmark = pytest.mark.edges


def test_a_folder_is_read_in_natural_order(tmp_path):
    folder = write_frames(tmp_path / "clip", 12, name="{}")
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "._1.png").write_bytes(b"x")
    frames, reader = decode(folder)
    assert len(frames) == reader.info.frames == 12
    assert all(np.array_equal(f.image, picture(f.index)[..., ::-1]) for f in frames)
    assert np.isnan(frames[10].time_s)
    timed, reader = decode(folder, fps=10)
    assert (timed[10].time_s, reader.info.fps) == (1.0, 10)


def test_a_gap_in_the_numbers_is_an_error_that_names_the_first_missing(tmp_path):
    folder = write_frames(tmp_path / "clip", 9)
    (folder / "004.png").unlink()
    (folder / "005.png").unlink()
    message = refused(folder, "has no frame 4")
    assert "2 missing before 6" in message


def test_two_files_for_one_frame_are_an_error(tmp_path):
    folder = write_frames(tmp_path / "clip", 3)
    cv2.imwrite(str(folder / "2.png"), picture(1))
    refused(folder, "holds frame 2 twice")


@pytest.mark.parametrize("ending", [".jpg", ".png", ".bmp", ".tif"])
@pytest.mark.parametrize("kept", [0, 1, 0.6, 0.99])
def test_a_broken_image_is_named_and_left_alone(tmp_path, ending, kept):
    folder = write_frames(tmp_path / "clip", 5, ending)
    broken = folder / f"003{ending}"
    data = broken.read_bytes()
    broken.write_bytes(data[: kept if isinstance(kept, int) else int(kept * len(data))])
    before = digest(broken)
    frames, reader = decode(folder)
    assert reader.report.repaired == [2]
    assert np.array_equal(frames[2].image, frames[1].image)
    assert any(broken.name in warning for warning in reader.report.warnings)
    with pytest.raises(DataError, match=broken.name):
        decode(folder, strict=True)
    assert digest(broken) == before


def test_many_broken_images_are_told_in_one_sentence(tmp_path):
    folder = write_frames(tmp_path / "clip", 9)
    for name in ("001.png", "002.png", "006.png", "009.png"):
        (folder / name).write_bytes(b"")
    frames, reader = decode(folder)
    assert reader.report.repaired == [0, 1, 5, 8]
    assert [frame.repaired for frame in frames] == [n in (0, 1, 5, 8) for n in range(9)]
    for lost, stand_in in ((0, 2), (1, 2), (5, 4), (8, 7)):
        assert np.array_equal(frames[lost].image, frames[stand_in].image)
    warning = "001.png and 3 more cannot be decoded; the frame before stands in (lost frames: 4)"
    assert reader.report.warnings == [warning]


def test_a_broken_first_image_is_replaced_by_the_next(tmp_path):
    folder = write_frames(tmp_path / "clip", 3)
    (folder / "001.png").write_bytes(b"")
    frames, reader = decode(folder)
    assert reader.report.repaired == [0]
    assert np.array_equal(frames[0].image, frames[1].image)


def test_grey_and_sixteen_bit_images_are_one_channel_of_eight_bits(tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir()
    deep = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    cv2.imwrite(str(folder / "1.tif"), deep)
    cv2.imwrite(str(folder / "2.tif"), np.round(deep / 257).astype(np.uint8))
    frames, reader = decode(folder)
    assert reader.info.channels == 1
    assert np.array_equal(frames[0].image, frames[1].image)
    assert frames[0].image.max() == 255


def test_an_image_of_another_size_is_scaled_and_noted(tmp_path):
    folder = write_frames(tmp_path / "clip", 2)
    cv2.imwrite(str(folder / "003.png"), picture(2, 30, 20))
    frames, reader = decode(folder)
    assert frames[2].image.shape == (HEIGHT, WIDTH, 3)
    assert any("size changes" in warning for warning in reader.report.warnings)


@pytest.mark.parametrize(
    "head",
    [huge_png()[:40],
     b"BM" + struct.pack("<IIIIii", 10**6, 0, 54, 40, 8000, -8000),
     b"\xff\xd8\xff\xe0\0\4xx\xff\xc0\0\x11\x08" + struct.pack(">HH", 8000, 8000) + b"\xff\xd9",
     b"II*\0" + struct.pack("<IHHHIIHHII", 8, 2, 256, 4, 1, 8000, 257, 4, 1, 8000)],
    ids=["png", "bmp", "jpg", "tif"],
)  # fmt: skip
def test_a_huge_image_is_refused_by_its_header(tmp_path, head):
    folder = tmp_path / "clip"
    folder.mkdir()
    (folder / "1.png").write_bytes(head)
    refused(folder, "8000x8000")


@pytest.mark.parametrize(
    ("grey", "said"),
    [
        (range(2), "the first frame is grey and others have colours; all are read as grey"),
        (range(2, 4), "the first frame has colours and others are grey"),
        (range(0), ""),
    ],
)
def test_grey_beside_colour_is_told(tmp_path, grey, said):
    for number in range(4):
        image = np.full((8, 8) if number in grey else (8, 8, 3), 90, np.uint8)
        cv2.imwrite(str(tmp_path / f"{number}.png"), image)
    reader = open_video(tmp_path, fps=10)
    list(reader.frames())
    assert reader.report.remarks == ([said] if said else [])

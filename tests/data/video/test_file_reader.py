"""Good video files: every frame once, in order, with its time and its pixels."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from made_videos import FRAMES, HEIGHT, WIDTH, decode, picture, write_video

from vadkit.data.video.open_video import open_video

pytestmark = pytest.mark.edges


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "mpeg4"), ("a.mp4", "libx264"), ("a.avi", "mpeg4"), ("a.avi", "libx264"),
     ("a.mkv", "libx264"), ("a.ts", "mpeg2video"), ("a.ts", "libx264"), ("a.flv", "flv1")],
)  # fmt: skip
def test_every_frame_of_a_good_file_comes_once_and_in_order(tmp_path, name, codec):
    options = {"bf": "2"} if codec == "libx264" else {}
    rate = 25
    frames, reader = decode(write_video(tmp_path / name, codec=codec, rate=rate, options=options))
    assert [frame.index for frame in frames] == list(range(FRAMES))
    assert reader.report.repaired == []
    assert reader.report.warnings == []
    assert np.allclose([frame.time_s for frame in frames], np.arange(FRAMES) / rate, atol=2e-3)
    means = np.array([frame.image.mean() for frame in frames])
    assert np.abs(means - (60 + 2 * np.arange(FRAMES))).max() < 4
    info = reader.info
    assert (info.width, info.height, info.channels, info.fps) == (WIDTH, HEIGHT, 3, rate)


def test_the_info_is_known_before_decoding_and_frames_start_over(tmp_path):
    reader = open_video(write_video(tmp_path / "a.mp4", frames=7))
    assert reader.info.frames == 7
    assert reader.report.frames == 0
    first, second = ([frame.image for frame in reader.frames()] for _ in range(2))
    assert np.array_equal(first, second)
    assert reader.report.decoded == 7


def test_a_grey_lossless_file_is_read_as_written(tmp_path):
    path = write_video(tmp_path / "a.mkv", frames=3, codec="ffv1", pix_fmt="gray")
    frames, reader = decode(path)
    assert reader.info.channels == 1
    expected = av.VideoFrame.from_ndarray(picture(2), format="rgb24").to_ndarray(format="gray")
    assert np.array_equal(frames[2].image[..., 0], expected)


@pytest.mark.parametrize("pix_fmt", ["yuv444p", "yuv420p10le"])
def test_odd_sizes_and_ten_bits_keep_their_pixels(tmp_path, pix_fmt):
    path = write_video(tmp_path / "a.mkv", 2, "ffv1", size=(95, 63), pix_fmt=pix_fmt)
    frames, reader = decode(path)
    assert frames[1].image.shape == (63, 95, 3)
    assert (reader.info.height, reader.info.width) == (63, 95)
    # 4:2:0 halves the colour noise but keeps the mean.
    assert abs(frames[1].image.mean() - picture(1, 95, 63).mean()) < 2


def test_a_rotated_file_is_turned_upright(tmp_path):
    plain, _ = decode(write_video(tmp_path / "plain.mp4", 2))
    turned, reader = decode(write_video(tmp_path / "turned.mp4", 2, rotation=90))
    assert (reader.info.width, reader.info.height) == (HEIGHT, WIDTH)
    assert np.array_equal(turned[1].image, np.rot90(plain[1].image))


@pytest.mark.parametrize("name", ["a.avi", "a.mkv", "a.mp4"])
def test_a_title_in_an_unknown_encoding_stops_no_video(tmp_path, name):
    path = write_video(tmp_path / name, 3, title="TITLE")
    content = path.read_bytes()
    assert content.count(b"TITLE") == 1
    path.write_bytes(content.replace(b"TITLE", b"\xff\xfe\x80\xc3\x28"))
    frames, reader = decode(path)
    assert len(frames) == 3
    assert reader.report.repaired == []


def test_a_variable_rate_keeps_its_own_times_and_gains_no_frames(tmp_path):
    times = [0, 40, 80, 400, 440, 1000, 1040, 1080]
    frames, reader = decode(write_video(tmp_path / "a.mp4", 8, times=times, rate=25))
    assert np.allclose([frame.time_s for frame in frames], np.array(times) / 1000)
    assert reader.report.repaired == []


def test_an_asked_rate_replaces_the_times_of_the_file(tmp_path):
    frames, reader = decode(write_video(tmp_path / "a.mp4", 5, rate=10), fps=2)
    assert [frame.time_s for frame in frames] == [0, 0.5, 1, 1.5, 2]
    assert reader.info.fps == 2


def test_times_count_from_the_first_frame(tmp_path):
    times = [5000 + 100 * index for index in range(5)]
    frames, _ = decode(write_video(tmp_path / "a.mkv", 5, times=times))
    assert np.allclose([frame.time_s for frame in frames], [0, 0.1, 0.2, 0.3, 0.4])


@pytest.mark.data
def test_an_avi_whose_frames_carry_wrong_stamps_keeps_every_frame():
    path = Path(__file__).parents[3] / ".." / "shared" / "data" / "vtest_480x360.avi"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    frames, reader = decode(path)
    assert np.allclose([frame.time_s for frame in frames], np.arange(795) / 10)
    assert reader.report.warnings == []

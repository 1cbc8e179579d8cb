"""Files of many kinds, with several streams or with none but the bare pictures."""

from __future__ import annotations

import struct

import av
import numpy as np
import pytest
from made_videos import HEIGHT, WIDTH, decode, pattern, refused, spelled, write_video

from vadkit.data.video.open_video import count_frames, is_video

pytestmark = pytest.mark.edges

JPEG = {"codec": "mjpeg", "pix_fmt": "yuvj420p"}
RAW = "the file stores no times; 25 frames a second are assumed"


def whole(path, rate, **options):
    """Decode a file of 20 frames, and check that each has its place and time."""
    frames, reader = decode(path, **options)
    assert [spelled(frame.image) for frame in frames] == list(range(20))
    assert np.allclose([frame.time_s for frame in frames], np.arange(20) / rate, atol=1e-3)
    assert reader.report.warnings == []
    assert count_frames(path) == 20
    assert is_video(path)
    return reader.report.remarks


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mpg", "mpeg2video"), ("a.mpeg", "mpeg1video"), ("a.vob", "mpeg2video"),
     ("a.m2v", "mpeg2video"), ("a.m2t", "mpeg2video"), ("a.mxf", "mpeg2video"),
     ("a.ogv", "libvpx"), ("a.264", "libx264"), ("a.h264", "libx264"),
     ("a.265", "libx265"), ("a.hevc", "libx265"), ("a.3g2", "mpeg4"), ("a.f4v", "libx264")],
)  # fmt: skip
def test_files_of_recorders_and_discs_are_read(tmp_path, name, codec):
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = write_video(tmp_path / name, 20, codec, rate=30, options=quiet, draw=pattern)
    assert whole(path, 30) == []


@pytest.mark.parametrize(
    ("made", "name"),
    [
        ("a.264", "a.dav"),
        ("a.264", "a.avc"),
        ("a.mpg", "a.dav"),
        ("a.avi", "a.divx"),
        ("a.ts", "a.mpg"),
    ],
)
def test_a_file_is_read_by_its_content_whatever_its_ending(tmp_path, made, name):
    codec = "libx264" if made == "a.264" else "mpeg2video"
    path = write_video(tmp_path / made, 20, codec, rate=25, draw=pattern)
    assert whole(path.rename(tmp_path / f"other-{name}"), 25) == []


def test_a_stream_of_a_dahua_recorder_is_read(tmp_path):
    bare = write_video(
        tmp_path / "a.264", 20, "libx264", rate=10, draw=pattern, options={"bf": "0"}
    )
    with av.open(str(bare)) as container:
        chunks = [
            (packet.is_keyframe, bytes(packet)) for packet in container.demux() if packet.size
        ]
    path = tmp_path / "a.dav"
    path.write_bytes(b"".join(dahua(number, *chunk) for number, chunk in enumerate(chunks)))
    assert whole(path, 10) == []


def dahua(number, key, data):
    """A packet as these recorders write it: ten a second from half past five on."""
    size = struct.pack("<BBBBHH", 0x82, 0, 0, 0, WIDTH, HEIGHT)
    more = struct.pack("<BBBB", 0x81, 0, 2, 10) + size  # H.264, ten a second
    length = 24 + len(more) + len(data) + 8
    clock = 24 << 26 | 5 << 22 | 6 << 17 | 17 << 12 | 30 << 6 | number // 10
    kind = 0xFD if key else 0xFC
    head = struct.pack(
        "<BBBBIIIHBB", kind, 0, 0, 0, number, length, clock, number * 100, len(more), 0
    )
    return b"DHAV" + head + more + data + b"dhav" + struct.pack("<I", length)


def test_pictures_without_times_are_taken_for_25_a_second_unless_told(tmp_path):
    path = write_video(tmp_path / "a.mjpeg", 20, rate=25, draw=pattern, **JPEG)
    assert whole(path, 25) == [RAW]
    assert whole(path, 5, fps=5) == []


def test_pictures_without_compression_are_read(tmp_path):
    path = tmp_path / "a.y4m"
    images = [pattern(index)[..., 0].tobytes() for index in range(20)]
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F15:1 Cmono\n".encode()
    path.write_bytes(head + b"".join(b"FRAME\n" + image for image in images))
    assert whole(path, 15) == []


def write_streams(path, *streams, sound=False):
    """Several videos in a file: (frames, size, draw, disposition) of each, silence before them."""
    with av.open(str(path), "w") as container:
        quiet = container.add_stream("aac", rate=16000, layout="mono") if sound else None
        made = []
        for count, size, draw, disposition in streams:
            stream = container.add_stream("mjpeg", rate=10)
            (stream.width, stream.height), stream.pix_fmt = size, "yuvj420p"
            stream.disposition = disposition
            made.append((stream, count, size, draw))
        if quiet:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), "fltp", "mono")
            frame.sample_rate = 16000
            container.mux([*quiet.encode(frame), *quiet.encode()])
        for index in range(max(count for count, *_ in streams)):
            for stream, count, size, draw in made:
                if index < count:
                    image = av.VideoFrame.from_ndarray(draw(index, *size), format="rgb24")
                    image.pts = index
                    container.mux(stream.encode(image.reformat(format="yuvj420p")))
    return path


def black(_, width, height):
    return np.zeros((height, width, 3), np.uint8)


SMALL, LARGE = (WIDTH, HEIGHT), (2 * WIDTH, 2 * HEIGHT)
VIDEO, COVER, DEFAULT = (20, SMALL, pattern, 0), (1, LARGE, black, 0x400), 1


@pytest.mark.parametrize("cover", [COVER, (1, LARGE, black, 0), (1, LARGE, black, DEFAULT)])
def test_a_cover_picture_before_the_video_is_passed_over(tmp_path, cover):
    assert whole(write_streams(tmp_path / "a.mkv", cover, VIDEO), 10) == []


def test_sound_before_the_video_is_passed_over(tmp_path):
    assert whole(write_streams(tmp_path / "a.mkv", VIDEO, sound=True), 10) == []


def test_sound_with_a_cover_is_no_video(tmp_path):
    refused(write_streams(tmp_path / "a.mp4", COVER, sound=True), "holds no video stream")


def test_a_picture_alone_is_a_video_of_one_frame(tmp_path):
    frames, reader = decode(write_streams(tmp_path / "a.mkv", (1, SMALL, pattern, 0)))
    assert len(frames) == 1
    assert reader.report.remarks == []


@pytest.mark.parametrize(
    ("other", "mine"),
    [((20, (48, 32), black, 0), (20, SMALL, pattern, 0)),
     ((20, LARGE, black, 0), (20, SMALL, pattern, DEFAULT))],
)  # fmt: skip
def test_of_two_cameras_one_is_read_and_the_other_named(tmp_path, other, mine):
    """The default, or else the one with more pixels."""
    remarks = whole(write_streams(tmp_path / "a.mkv", other, mine), 10)
    assert remarks == ["only stream 1 is read; videos in the file beside it: 1"]


@pytest.mark.parametrize("name", ["a.rm", "a.braw", "a.txt", "a.jpg", "a.mp3"])
def test_other_endings_are_no_videos(tmp_path, name):
    (tmp_path / name).touch()
    assert not is_video(tmp_path / name)

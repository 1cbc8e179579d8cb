"""Decoding: what is promised for good files and for every kind of damage."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
import tracemalloc
import zlib
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vadkit.data.video.file_reader import expected_frames, open_container
from vadkit.data.video.frame import natural_key, to_channels
from vadkit.data.video.open_video import open_video
from vadkit.data.video.timestamps import Timeline
from vadkit.errors import DataError
from vadkit.utils.threads import limited_threads

pytestmark = pytest.mark.edges

FRAMES, WIDTH, HEIGHT = 60, 96, 64


def picture(index: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A noisy image whose mean grey says which frame it is, so that damage cannot hide."""
    noise = np.random.default_rng(index).integers(-20, 20, (height, width, 3))
    return np.clip(60 + 2 * index + noise, 0, 255).astype(np.uint8)


def write_video(path, frames=FRAMES, codec="mpeg4", *, size=(WIDTH, HEIGHT), pix_fmt="yuv420p",
                times=None, rate=10, options=None, rotation=None, title=""):  # fmt: skip
    with av.open(str(path), "w") as container:
        if title:
            container.metadata["title"] = title
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.bit_rate = 4_000_000
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(index, *size), format="rgb24")
            frame = frame.reformat(format=pix_fmt)
            frame.pts = index if times is None else times[index]
            frame.time_base = Fraction(1, rate) if times is None else Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_frames(folder, count=5, ending=".png", start=1, name="{:03d}"):
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        cv2.imwrite(str(folder / (name.format(start + index) + ending)), picture(index))
    return folder


def packets(path):
    """Position and size in the file of each video packet."""
    with av.open(str(path)) as container:
        return [(p.pos, p.size) for p in container.demux(video=0) if p.size]


def overwrite(path, at, data):
    content = bytearray(path.read_bytes())
    content[at : at + len(data)] = data
    path.write_bytes(content)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def decode(path, **options):
    reader = open_video(path, **options)
    return list(reader.frames()), reader


# Good files


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


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_memory_is_flat_in_the_length_of_the_video(tmp_path, kind):
    count = 300
    path = tmp_path / "a.mkv"
    path = write_frames(tmp_path / "a", count) if kind == "folder" else write_video(path, count)
    reader = open_video(path)
    tracemalloc.start()
    try:
        decoded = sum(1 for _ in reader.frames())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert decoded == count
    assert peak < 40 * WIDTH * HEIGHT * 3


# V1, V3: damage inside


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mkv"])
def test_a_damaged_packet_costs_one_frame_which_is_filled(tmp_path, name):
    # mjpeg: every packet a frame of its own, so that nothing else may be lost.
    path = write_video(tmp_path / name, codec="mjpeg", pix_fmt="yuvj420p")
    at, size = packets(path)[30]
    # mkv gives the position of the block, so leave its header alone.
    overwrite(path, at + 40, bytes(size - 60))
    overwrite(path, at + (20 if name == "a.mkv" else 0), bytes(64))
    before = digest(path)
    frames, reader = decode(path)
    assert len(frames) == FRAMES
    assert reader.report.repaired == [30]
    assert frames[30].repaired
    assert np.array_equal(frames[30].image, frames[29].image)
    assert np.allclose([frame.time_s for frame in frames], np.arange(FRAMES) / 10, atol=2e-3)
    assert abs(frames[31].image.mean() - 122) < 4
    assert any("damaged" in warning for warning in reader.report.warnings)
    assert digest(path) == before


def test_random_bytes_in_the_middle_leave_all_indices_in_step(tmp_path):
    path = write_video(tmp_path / "a.mp4", codec="libx264", options={"bf": "2"})
    rubbish = np.random.default_rng(0).integers(0, 256, 400, np.uint8).tobytes()
    overwrite(path, packets(path)[30][0], rubbish)
    frames, reader = decode(path)
    assert len(frames) == FRAMES
    assert reader.report.decoded >= FRAMES - 2
    assert reader.report.warnings
    assert abs(frames[-1].image.mean() - (60 + 2 * 59)) < 6


@pytest.mark.parametrize("which", [0, FRAMES - 1])
def test_a_damaged_first_or_last_packet_is_filled_too(tmp_path, which):
    path = write_video(tmp_path / "a.mp4", codec="mjpeg", pix_fmt="yuvj420p")
    at, size = packets(path)[which]
    overwrite(path, at, bytes(size))
    frames, reader = decode(path)
    assert reader.report.repaired == [which]
    assert len(frames) == FRAMES
    neighbour = abs(which - 1)
    assert np.array_equal(frames[which].image, frames[neighbour].image)


@pytest.mark.parametrize("slices", ["1", "4"])
def test_damaged_frames_do_not_depend_on_the_threads(tmp_path, slices):
    path = write_video(tmp_path / "a.mkv", codec="libx264", options={"slices": slices})
    at, size = packets(path)[30]
    overwrite(path, at + size // 2, np.random.default_rng(0).bytes(min(200, size // 2)))
    decoded = []
    for threads in (1, 2, 4):
        with limited_threads(threads):
            images = [frame.image for frame in open_video(path).frames()]
        decoded.append(hashlib.sha256(np.stack(images).tobytes()).hexdigest())
    assert len(set(decoded)) == 1


def test_videos_are_decoded_with_as_many_threads_as_torch_takes(tmp_path):
    path = write_video(tmp_path / "a.mp4", 5)
    with limited_threads(3), open_container(path) as container:
        assert container.streams.video[0].codec_context.thread_count == 3


def test_damage_is_refused_when_strict(tmp_path):
    path = write_video(tmp_path / "a.mp4", codec="mjpeg", pix_fmt="yuvj420p")
    at, size = packets(path)[30]
    overwrite(path, at, bytes(size))
    with pytest.raises(DataError, match=r"a\.mp4 is damaged near frame 30"):
        decode(path, strict=True)


@pytest.mark.parametrize("name", ["a.avi", "a.mkv"])
def test_a_silently_truncated_file_is_noticed(tmp_path, name):
    path = write_video(tmp_path / name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, reader = decode(path)
    assert 10 < len(frames) < FRAMES - 10
    assert f"{len(frames)} frames, but the file announces 60" in reader.report.warnings


@pytest.mark.parametrize("more", [-1, 1])
def test_a_difference_of_one_frame_is_told_and_no_damage(tmp_path, monkeypatch, more):
    announced = f"vadkit.data.video.file_reader.{expected_frames.__name__}"
    monkeypatch.setattr(announced, lambda *_: FRAMES + more)
    frames, reader = decode(write_video(tmp_path / "a.mp4"), strict=True)
    assert len(frames) == FRAMES
    assert reader.report.warnings == []
    assert reader.report.remarks == [f"60 frames, but the file announces {FRAMES + more}"]


def test_a_changed_frame_size_is_scaled_and_noted(tmp_path):
    # MPEG-TS files may simply be joined.
    parts = [write_video(tmp_path / "a.ts", 8, "mpeg2video", rate=25),
             write_video(tmp_path / "b.ts", 8, "mpeg2video", size=(48, 32), rate=25)]  # fmt: skip
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames, reader = decode(joined)
    assert {frame.image.shape for frame in frames} == {(HEIGHT, WIDTH, 3)}
    assert any("frame size changes" in warning for warning in reader.report.warnings)
    times = [frame.time_s for frame in frames]
    assert times == sorted(set(times))
    assert any("timestamps" in warning for warning in reader.report.warnings)


# V14: the timeline by itself


def place(timeline, stamps):
    placed = []
    for stamp in stamps:
        timeline.packet(stamp)
        placed.append(timeline.place(stamp))
    return placed


@pytest.mark.parametrize("stamps", [[5, 6, 6, 7], [5, 6, None, 8], [5, 6, 2, 8], [None, 1, 2, 3]])
def test_missing_and_unordered_stamps_are_mended(stamps):
    timeline = Timeline(0.1, 1, constant=False, counted=False)
    times = [seconds for step in place(timeline, stamps) for seconds in step]
    assert len(times) == 4
    assert np.all(np.diff(times) > 0)
    assert times[0] == 0
    assert timeline.mended >= 1


def test_a_gap_at_constant_rate_is_filled_but_a_jump_of_the_clock_is_not():
    timeline = Timeline(0.1, 1, constant=True, counted=False)
    placed = place(timeline, [0, 1, 4, 100_000])
    assert [len(step) for step in placed] == [1, 1, 3, 1]
    assert np.allclose(placed[2], [0.2, 0.3, 0.4])
    assert timeline.jumps == 1


def test_frames_whose_packets_were_read_are_not_lost():
    timeline = Timeline(0.1, 1, constant=True, counted=False)
    for stamp in (1, 4, 3, 5, 2):
        timeline.packet(stamp)
    assert [len(timeline.place(stamp)) for stamp in (1, 4, 3, 5, 2)] == [1] * 5


# V2, V4, V8, V11: what is no video


def refused(path, match):
    with pytest.raises(DataError, match=match) as caught:
        open_video(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_and_an_empty_file_are_named(tmp_path):
    refused(tmp_path / "none.mp4", r"none\.mp4 does not exist")
    (tmp_path / "empty.mp4").touch()
    refused(tmp_path / "empty.mp4", r"empty\.mp4 is empty \(0 bytes\)")


def test_a_truncated_mp4_without_index_is_refused(tmp_path):
    path = write_video(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[:2000])
    refused(path, r"a\.mp4 is not a readable video \(truncated")


def test_text_and_pipes_are_refused(tmp_path):
    (tmp_path / "notes.mp4").write_text("These are notes, no video.\n" * 50)
    refused(tmp_path / "notes.mp4", "not a readable video")
    os.mkfifo(tmp_path / "pipe.mp4")
    refused(tmp_path / "pipe.mp4", "neither a file nor a folder")


def test_sound_without_pictures_is_refused(tmp_path):
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    refused(path, "holds no video stream")


def test_a_video_without_any_good_frame_is_refused(tmp_path):
    path = write_video(tmp_path / "a.mp4", 3, "mjpeg", pix_fmt="yuvj420p")
    for at, size in packets(path):
        overwrite(path, at, bytes(size))
    refused(path, "no frame of up to 33 million")


def test_a_folder_named_like_a_video_needs_images(tmp_path):
    (tmp_path / "x.mp4").mkdir()
    refused(tmp_path / "x.mp4", "holds no images")


@pytest.mark.parametrize(
    "text",
    ["ffconcat version 1.0\nfile good.mp4\n",
     "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\ngood.mp4\n#EXT-X-ENDLIST\n",
     "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n"],
)  # fmt: skip
def test_playlists_under_a_videos_name_are_refused(tmp_path, text):
    write_video(tmp_path / "good.mp4", 3)
    (tmp_path / "list.mp4").write_text(text)
    refused(tmp_path / "list.mp4", "not a readable video")


def test_a_stream_of_an_unknown_codec_is_refused(tmp_path):
    path = write_video(tmp_path / "a.mkv", 3)
    path.write_bytes(path.read_bytes().replace(b"V_MPEG4/ISO/ASP", b"V_WHATEVER/ISO/"))
    refused(path, "unknown codec")


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mkv", "a.ts", "a.wmv"])
def test_flipped_bytes_give_frames_in_order_or_one_sentence(tmp_path, name):
    good = write_video(tmp_path / name, 12, "wmv2" if name == "a.wmv" else "mpeg4").read_bytes()
    random = np.random.default_rng(0)
    path = tmp_path / f"bad-{name}"
    for _ in range(25):
        data = bytearray(good)
        for at in random.integers(0, len(good), 10):
            data[at] = random.integers(256)
        path.write_bytes(data[: random.integers(len(good) // 2, len(good) + 1)])
        try:
            times = [frame.time_s for frame in decode(path)[0]]
        except DataError:
            continue
        assert np.all(np.diff(times) > 0)


def test_a_name_like_a_protocol_is_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "a.mp4", 3).rename(tmp_path / "concat:a.mp4")
    assert len(list(open_video(Path("concat:a.mp4")).frames())) == 3


def huge_png():
    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 8000, 8000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(8000 * (1 + 8000 * 3)), 9)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_a_huge_frame_is_refused_by_its_header_in_little_memory(tmp_path):
    path = tmp_path / "bomb.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=1)
        stream.width = stream.height = 8000
        stream.pix_fmt = "rgb24"
        packet = av.Packet(huge_png())
        packet.stream, packet.pts, packet.dts = stream, 0, 0
        packet.time_base = Fraction(1, 1)
        container.mux(packet)
    # Not `ru_maxrss`, which a child takes over from the process that started it.
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from vadkit.data.video.open_video import open_video\n"
        "try: open_video(Path(sys.argv[1]))\n"
        "except Exception as error: print(error)\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    output = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "8000x8000" in output[0]
    assert "limit of 33 million" in output[0]
    assert int(output[-1]) < 400_000


# V17, V18: folders of frames


def test_a_folder_is_read_in_natural_order(tmp_path):
    folder = write_frames(tmp_path / "clip", 12, name="{}")
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "._1.png").write_bytes(b"x")
    frames, reader = decode(folder)
    assert len(frames) == reader.info.frames == 12
    assert all(np.array_equal(f.image, picture(f.index)[..., ::-1]) for f in frames)
    assert frames[10].time_s == 10 / 25
    assert open_video(folder, fps=10).info.fps == 10


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
    told = "001.png and 3 more cannot be decoded; the frame before stands in (lost frames: 4)"
    assert reader.report.warnings == [told]


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


# Small functions


def test_channels_are_converted_by_luma():
    image = picture(3)
    grey = to_channels(image, 1)
    expected = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    assert np.abs(grey[..., 0].astype(int) - expected).max() <= 1
    assert np.array_equal(to_channels(grey, 3)[..., 2], grey[..., 0])
    assert to_channels(image, 3) is image


def test_numbers_in_names_are_numbers():
    names = ["10.jpg", "2.jpg", "1.jpg", "a10b2", "a2b10", "a10b1", "a", "frame007", "frame7b"]
    ordered = sorted(names, key=natural_key)
    assert ordered[:3] == ["1.jpg", "2.jpg", "10.jpg"]
    assert ordered.index("a2b10") < ordered.index("a10b1") < ordered.index("a10b2")

"""What is no video, or too large: refused in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from made_videos import decode, huge_png, overwrite, packets, refused, write_video

from vadkit.data.video.open_video import open_video
from vadkit.errors import DataError

pytestmark = pytest.mark.edges


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

"""Damaged video files: what is lost is filled and told, and no other frame moves."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from made_videos import FRAMES, HEIGHT, WIDTH, decode, digest, overwrite, packets, write_video

from vadkit.data.video.file_reader import open_stream
from vadkit.data.video.open_video import count_frames, open_video
from vadkit.errors import DataError
from vadkit.utils.threads import limited_threads

pytestmark = pytest.mark.edges


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
    with limited_threads(3), open_stream(path, 0) as stream:
        assert stream.codec_context.thread_count == 3


def test_damage_is_refused_when_strict(tmp_path):
    path = write_video(tmp_path / "a.mp4", codec="mjpeg", pix_fmt="yuvj420p")
    at, size = packets(path)[30]
    overwrite(path, at, bytes(size))
    with pytest.raises(DataError, match=r"a\.mp4 is damaged near frame 30"):
        decode(path, strict=True)


def test_an_avi_that_was_cut_off_is_noticed_by_its_count(tmp_path):
    path = write_video(tmp_path / "a.avi")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, reader = decode(path)
    assert 10 < len(frames) < FRAMES - 10
    assert f"{len(frames)} frames, but the file announces 60" in reader.report.warnings


@pytest.mark.parametrize(("name", "options"), [("a.mkv", {}), ("a.mp4", {"movflags": "faststart"})])
def test_a_file_that_was_cut_off_is_noticed_by_its_duration(tmp_path, name, options):
    path = write_video(tmp_path / name, container_options=options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, reader = decode(path)
    assert 10 < len(frames) < FRAMES - 10
    (text,) = (text for text in reader.report.warnings if "announces" in text)
    assert text.endswith("but the file announces 6.0 s")
    assert abs(float(text.split()[3]) - len(frames) / 10) < 0.15


@pytest.mark.parametrize("more", [-1, 1])
def test_a_difference_of_one_frame_is_told_and_no_damage(tmp_path, more):
    path = write_video(tmp_path / "a.avi")
    length = path.read_bytes().index(b"strh") + 40
    overwrite(path, length, (FRAMES + more).to_bytes(4, "little"))
    frames, reader = decode(path, strict=True)
    assert len(frames) == FRAMES
    assert reader.report.warnings == []
    assert reader.report.remarks == [f"60 frames, but the file announces {FRAMES + more}"]
    assert count_frames(path) == FRAMES


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
    assert reader.report.remarks == ["the clock goes back or stands still after frame 6"]

"""What a header says is held against the packets, and never taken for them."""

from __future__ import annotations

import av
import numpy as np
import pytest
from made_videos import FRAMES, decode, pattern, spelled, write_video

from vadkit.data.video.open_video import count_frames

pytestmark = pytest.mark.edges

X264 = {"codec": "libx264", "options": {"bf": "2", "g": "8"}}


def remux(source, target, *, skip=0):
    """Copy all packets of a video but the first few."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for number, packet in enumerate(old.demux(video=0)):
            if number >= skip and packet.size:
                packet.stream = stream
                new.mux(packet)
    return target


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "ts", "flv", "webm"])
def test_frames_that_were_never_written_are_not_invented(tmp_path, ending):
    times = [40 * index for index in range(40) if not 10 < index < 29]
    codec = {"codec": "libvpx", "options": {"cpu-used": "8"}} if ending == "webm" else X264
    path = write_video(tmp_path / f"a.{ending}", len(times), times=times, rate=25, **codec)
    frames, reader = decode(path, strict=True)
    assert np.allclose([frame.time_s for frame in frames], np.array(times) / 1000)
    assert reader.report.repaired == reader.report.warnings == reader.report.remarks == []
    assert count_frames(path) == len(times)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_a_gap_is_told_and_not_filled(tmp_path, ending):
    times = [40 * index + 3000 * (index >= 20) + 2000 * (index >= 30) for index in range(40)]
    path = write_video(tmp_path / f"a.{ending}", 40, times=times, rate=25, **X264)
    frames, reader = decode(path, strict=True)
    assert len(frames) == 40
    assert frames[-1].time_s == pytest.approx(times[-1] / 1000)
    assert reader.report.warnings == []
    assert reader.report.remarks == ["the clock jumps by 3.0 s after frame 19 and 1 more"]


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4"])
def test_frames_that_an_edit_list_hides_are_not_counted(tmp_path, codec):
    times = [40 * index - 400 for index in range(30)]
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = write_video(tmp_path / "a.mp4", 30, codec, times=times, rate=25, options=quiet,
                       draw=pattern)  # fmt: skip
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 30  # as the header has it
    frames, reader = decode(path, strict=True)
    assert [spelled(frame.image) for frame in frames] == list(range(10, 30))
    assert reader.info.frames == count_frames(path) == 20
    assert reader.report.warnings == reader.report.remarks == []


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_a_video_that_begins_later_than_its_file_lacks_nothing(tmp_path, ending):
    times = [2000 + 40 * index for index in range(20)]
    path = write_video(tmp_path / f"a.{ending}", 20, times=times, rate=25, **X264)
    frames, reader = decode(path)
    assert np.allclose([frame.time_s for frame in frames], np.arange(20) / 25)
    assert reader.report.remarks == reader.report.warnings == []


@pytest.mark.parametrize("flags", ["frag_keyframe", "frag_keyframe+empty_moov"])
def test_fragments_are_counted_though_the_header_counts_the_first_alone(tmp_path, flags):
    flags = {"movflags": flags}
    path = write_video(tmp_path / "a.mp4", 30, rate=25, container_options=flags, **X264)
    frames, reader = decode(path)
    assert len(frames) == count_frames(path) == 30
    assert reader.report.warnings == []


def test_fragments_that_were_cut_off_end_with_what_the_packets_show(tmp_path):
    flags = {"movflags": "frag_keyframe+empty_moov"}
    path = write_video(tmp_path / "a.mp4", rate=25, container_options=flags, **X264)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 7 // 10])
    with av.open(str(path)) as container:
        packets = sum(1 for packet in container.demux(video=0) if packet.size)
    frames, reader = decode(path)
    assert len(frames) == packets < FRAMES
    assert reader.report.warnings


@pytest.mark.parametrize("step_s", [20, 600])
def test_few_frames_a_minute_are_no_jumps_of_the_clock(tmp_path, step_s):
    times = [1000 * step_s * index for index in range(12)]
    frames, reader = decode(write_video(tmp_path / "a.mkv", 12, "libx264", times=times, rate=1))
    assert frames[-1].time_s == 11 * step_s
    assert reader.report.remarks == reader.report.warnings == []


def test_dropped_frames_of_an_avi_are_filled_as_it_counts_them(tmp_path):
    times = [40 * index for index in range(30) if not 10 < index < 19]
    path = write_video(tmp_path / "a.avi", len(times), "mjpeg", times=times, rate=25,
                       pix_fmt="yuvj420p")  # fmt: skip
    frames, reader = decode(path)
    assert len(frames) == count_frames(path) == 30
    assert reader.report.repaired == list(range(11, 19))
    assert np.allclose([frame.time_s for frame in frames], np.arange(30) / 25)


def test_an_avi_without_its_index_is_counted_by_its_frames(tmp_path):
    path = write_video(tmp_path / "a.avi", **X264)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert count_frames(path) == len(decode(path)[0]) < FRAMES


@pytest.mark.parametrize("ending", ["ts", "mp4"])
def test_a_file_that_begins_between_two_key_frames_tells_what_it_leaves_out(tmp_path, ending):
    whole = write_video(tmp_path / "whole.ts", 30, rate=25, draw=pattern, **X264)
    path = remux(whole, tmp_path / f"a.{ending}", skip=3)
    frames, reader = decode(path)
    assert [spelled(frame.image) for frame in frames] == list(range(8, 30))
    assert reader.report.warnings == []
    left_out = "the first 5 frames are left out, as they build on others before them"
    assert reader.report.remarks == [left_out]
    assert count_frames(path) == 22


def test_a_clock_that_stands_still_moves_no_frame(tmp_path):
    path = write_video(tmp_path / "a.mkv", 20, "mjpeg", pix_fmt="yuvj420p", rate=25)
    with av.open(str(path)) as old, av.open(str(tmp_path / "b.mkv"), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.size:
                packet.pts = packet.dts = min(packet.pts, 400) if packet.pts < 600 else packet.pts
                packet.stream = stream
                new.mux(packet)
    frames, reader = decode(tmp_path / "b.mkv")
    assert np.allclose([frame.time_s for frame in frames], np.arange(20) / 25)
    told = "the clock goes back or stands still after frame 10 and 3 more"
    assert reader.report.remarks == [told]

"""Random but sound videos: as many rows as frames were shown, each in its place and at its time.

`RANDOM_VIDEOS=1000` asks for so many; each is drawn from its number.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import pytest
from made_videos import pattern, spelled

from vadkit.data.video.open_video import VIDEO_SUFFIXES, count_frames, open_video

pytestmark = pytest.mark.edges

SEEDS = int(os.environ.get("RANDOM_VIDEOS", "150"))
QUIET = {"x265-params": "log-level=none", "preset": "ultrafast"}
FAST = {"deadline": "realtime", "cpu-used": "8"}
KINDS = [
    (".mp4", "libx264"), (".mp4", "mpeg4"), (".mp4", "libx265"), (".m4v", "libx264"),
    (".mov", "libx264"), (".mov", "mjpeg"), (".mkv", "libx264"), (".mkv", "ffv1"),
    (".mkv", "mpeg4"), (".webm", "libvpx"), (".webm", "libvpx-vp9"), (".ts", "libx264"),
    (".ts", "mpeg2video"), (".m2ts", "libx264"), (".flv", "libx264"), (".avi", "mjpeg"),
    (".avi", "mpeg4"), (".avi", "libx264"), (".wmv", "wmv2"), (".mpg", "mpeg2video"),
    (".vob", "mpeg2video"), (".mxf", "mpeg2video"), (".ogv", "libvpx"), (".264", "libx264"),
    (".h265", "libx265"), (".mjpeg", "mjpeg"), (".m2v", "mpeg2video"),
]  # fmt: skip
"""Ending and codec."""
OPTIONS = {"libx264": {"preset": "ultrafast"}, "libx265": QUIET, "libvpx": FAST, "libvpx-vp9": FAST}
REORDERS = ("libx264", "mpeg2video")
"""Of MPEG-4, FFmpeg's own decoder drops frames between others that lie seconds apart."""
STEADY = ("mpeg2video", "wmv2")
"""Codecs that store a rate and keep to it."""
RATES = [Fraction(n) for n in (24, 25, 30, 50, 60)] + [Fraction(n, 1001) for n in (24000, 30000)]
SLOW = [Fraction(5), Fraction(10), Fraction(15), Fraction(1, 20)]
MP4 = (".mp4", ".m4v", ".mov")
COUNTLESS = (".264", ".h265", ".mjpeg", ".m2v", ".mpg", ".vob", ".mxf", ".ogv")
"""Endings of files that keep one rate."""
MOVFLAGS = [
    ("", 0),
    ("faststart", 0),
    ("frag_keyframe+empty_moov", 0),
    ("frag_keyframe", 0),
    ("", 3),
]
"""How an .mp4 is laid out, and how many of its frames an edit list hides."""


@dataclass
class Made:
    """A video as it was drawn."""

    ending: str
    codec: str
    rate: Fraction
    ticks: list[int]
    """Stamp of each frame, in ticks of `tick`."""
    tick: Fraction
    size: tuple[int, int]
    options: dict[str, str]
    container: dict[str, str]
    turned: int


def draw(seed: int) -> Made:
    """A kind of file, and stamps that it can hold."""
    random = np.random.default_rng(seed)
    ending, codec = KINDS[random.integers(len(KINDS))]
    rates = RATES if codec in STEADY else RATES + SLOW
    rate = Fraction(25) if ending == ".mjpeg" else rates[random.integers(len(rates))]
    options = dict(OPTIONS.get(codec, {})) | {"g": str(random.integers(2, 13))}
    if codec in REORDERS and ending != ".avi":
        options["bf"] = str(random.integers(0, 4))
    # FFmpeg opens no transport stream of fewer than eleven packets, all tables included.
    least = 15 if ending in (".ts", ".m2ts") else 5
    tick, ticks = 1 / rate, np.arange(random.integers(least, 41))
    if ending not in COUNTLESS and codec not in STEADY and random.random() < 0.6:
        tick, ticks = vary(random, tick, ticks, counted=ending == ".avi")
    container, turned = {}, 0
    if ending in MP4:
        flags, hidden = MOVFLAGS[random.integers(len(MOVFLAGS))]
        container = {"movflags": flags} if flags else {}
        ticks = ticks - ticks[min(hidden, len(ticks) - 2)] if hidden else ticks
        turned = int(random.choice([0, 0, 90, 180, 270]))
    size = (int(random.choice([64, 96, 80])), int(random.choice([48, 64])))
    return Made(ending, codec, rate, ticks.tolist(), tick, size, options, container, turned)


def vary(random, tick, ticks, *, counted):
    """Drop frames; where packets do not count them, move others, leave a gap and begin late."""
    kept = random.random(len(ticks)) < 0.7
    kept[[0, -1]] = True
    ticks = ticks[kept]
    if counted:
        return tick, ticks
    steps = np.diff(np.round(ticks * float(tick) * 1000).astype(int), prepend=0)
    steps = np.maximum(2, steps + random.integers(-3, 4, len(steps)))
    steps[random.integers(len(steps))] += random.choice([0, 1500, 5000])
    steps[0] = random.choice([0, 0, 2000])
    return Fraction(1, 1000), np.cumsum(steps)


def write(path, made: Made) -> None:
    with av.open(str(path), "w", options=made.container) as container:
        stream = container.add_stream(made.codec, rate=made.rate, options=made.options)
        stream.width, stream.height = made.size
        stream.pix_fmt = "yuvj420p" if made.codec == "mjpeg" else "yuv420p"
        stream.time_base = stream.codec_context.time_base = made.tick
        stream.bit_rate = 2_000_000
        if made.turned:
            stream.set_display_rotation(made.turned)
        for index, tick in enumerate(made.ticks):
            frame = av.VideoFrame.from_ndarray(pattern(index, *made.size), format="rgb24")
            frame = frame.reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = tick, made.tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_frame_has_its_row_and_its_time(tmp_path, seed):
    made = draw(seed)
    path = tmp_path / f"a{made.ending}"
    write(path, made)
    reader = open_video(path)
    frames = list(reader.frames())
    # Frames before 0 are hidden by an edit list.
    shown = {tick: index for index, tick in enumerate(made.ticks) if tick >= 0}
    ticks = range(max(shown) + 1) if made.ending == ".avi" else list(shown)
    expected = np.array([float((tick - ticks[0]) * made.tick) for tick in ticks])
    assert len(frames) == len(ticks), made
    assert np.abs([frame.time_s for frame in frames] - expected).max() < 1.001e-3, made
    assert reader.report.repaired == [n for n, tick in enumerate(ticks) if tick not in shown]
    turns = -made.turned // 90
    seen = [spelled(np.rot90(frame.image, turns)) for frame in frames if not frame.repaired]
    assert seen == list(shown.values()), made
    assert made.ending == ".avi" or reader.report.warnings == []
    assert count_frames(path) == len(frames)


def test_every_kind_is_one_that_is_listed():
    assert {ending for ending, _ in KINDS} <= set(VIDEO_SUFFIXES)

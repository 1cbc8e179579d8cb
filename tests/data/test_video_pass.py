"""One pass gives every cutting and every teacher what a pass of its own would, in flat memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from vadkit.data.crops import Cutting
from vadkit.data.dataset import Video
from vadkit.data.detection import Detector, Seen
from vadkit.data.teachers.bound_teacher import AnsweredFrames, BoundTeacher, FrameTeacher
from vadkit.data.video.frame import Image, VideoInfo, VideoReader
from vadkit.data.video_pass import PassedFrame, VideoPass, damaged
from vadkit.registry.cards import BoxRules, NoOptions, Sampling
from vadkit.teacher import Teacher

LENGTH = 21
RULES = BoxRules(confidence=0.0, min_side=0.0, drop_contained=False)
CUBES = Cutting("object", Sampling(frames=5).offsets, (8, 8), 1)
STRIDED = Cutting("object", Sampling(frames=3, stride=2).offsets, (8, 8), 1)
FRAMES = Cutting("frame", range(1), (10, 12), 1)


class Ramp(VideoReader):
    """A video whose frame t is t throughout, some of them lost; says how many are decoded."""

    info = VideoInfo(24, 20, 1, 25.0, LENGTH)

    def __init__(self, *lost: int) -> None:
        super().__init__(Path("ramp"), None, False)
        self.lost, self.decoded, self.passes = lost, 0, 0

    def _decoded(self) -> Iterator[tuple[float, Image | None]]:
        self.passes += 1
        for index in range(LENGTH):
            self.decoded = index + 1
            image = np.full((20, 24, 1), index, np.uint8)
            yield index / 25, None if index in self.lost else image


class Half(Detector[NoOptions]):
    """The left half, but nothing in every third frame."""

    passes = 0

    def detect(self, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        self.passes += 1
        for seen in stream:
            found = [[0, 0, 12, 20, 1]] if seen.frame.index % 3 else []
            yield Seen(seen.frame, np.array(found, np.float32).reshape(-1, 5))


class Mean(Teacher[NoOptions]):
    """Each frame's brightness; remembers how many clips it saw at once."""

    def __init__(self) -> None:
        super().__init__(NoOptions())
        self.batches: list[int] = []

    def forward(self, clips: Tensor) -> Tensor:
        self.batches.append(len(clips))
        return clips.mean(dim=(1, 3, 4)) * 255


def watching(frames: int, every: int = 1) -> FrameTeacher:
    sampling = Sampling(unit="frame", frames=frames)
    bound = BoundTeacher("mean", sampling, Mean(), torch.device("cpu"), ())
    return FrameTeacher(bound, AnsweredFrames(every))


def over(reader: VideoReader, *detectors: Detector[Any]) -> VideoPass:
    return VideoPass(Video("v", Path("v"), "test"), reader, detectors, RULES, 1)


def same(one: PassedFrame, other: PassedFrame, place: int) -> bool:
    mine, its = one.cuts[place], other.cuts[0]
    return np.array_equal(mine.clips, its.clips) and np.array_equal(mine.boxes, its.boxes)


def test_all_cuttings_and_teachers_come_out_of_one_pass() -> None:
    reader, detector, cuttings = Ramp(), Half(NoOptions()), [CUBES, STRIDED, FRAMES]
    teachers = [watching(3), watching(1, every=4)]
    together = list(over(reader, detector).frames(cuttings, teachers))
    assert (reader.passes, detector.passes) == (1, 1)
    for place, cutting in enumerate(cuttings):
        alone = list(over(Ramp(), Half(NoOptions())).frames([cutting]))
        assert len(alone) == len(together) == LENGTH
        assert all(same(one, other, place) for one, other in zip(together, alone, strict=True))
    for frame in together:
        around = [min(max(frame.index + step, 0), LENGTH - 1) for step in (-1, 0, 1)]
        first, second = frame.answers
        assert first is not None
        assert first.tolist() == pytest.approx(around, abs=1e-3)
        assert (second is None) == bool(frame.index % 4)
    assert teachers[0].teacher.module.batches == [8, 8, 5]
    assert teachers[1].teacher.module.batches == [2, 2, 2]


def test_no_detector_is_asked_for_whole_frames() -> None:
    detector = Half(NoOptions())
    video_pass = over(Ramp(), detector)
    assert len(list(video_pass.frames([FRAMES]))) == LENGTH
    assert detector.passes == 0
    assert video_pass.counts("frame") == {"frames": LENGTH, "frames_repaired": 0}


@pytest.mark.parametrize(("teachers", "ahead"), [([], 3), ([watching(3)], 3 + 8)])
def test_only_a_window_is_read_ahead(teachers: list[FrameTeacher], ahead: int) -> None:
    reader = Ramp()
    for frame in over(reader, Half(NoOptions())).frames([CUBES, FRAMES], teachers):
        assert reader.decoded <= frame.index + ahead


def test_what_was_repaired_is_counted_for_each_kind_of_unit_and_told() -> None:
    video_pass = over(Ramp(0, 7, 8), Half(NoOptions()))
    passed = list(video_pass.frames([CUBES, FRAMES]))
    shown = [int(frame.cuts[1].clips.max()) for frame in passed[:10]]
    assert shown == [1, 1, 2, 3, 4, 5, 6, 6, 6, 9]
    for unit in ("object", "frame"):
        counts = video_pass.counts(unit)
        assert counts["frames_repaired"] == 3
        assert damaged(counts) == {"v, frame 0 and 2 more": 3}
    assert "boxes" in video_pass.counts("object")
    assert "boxes" not in video_pass.counts("frame")
    told = "frame 0 and 2 more cannot be decoded; the frame before stands in (lost frames: 3)"
    assert video_pass.remarks == [told]


def test_most_boxes_falling_away_is_told() -> None:
    video = Video("ramp", Path("ramp"), "test")
    for side, said in ((0.0, 0), (30.0, 1)):
        rules = BoxRules(confidence=0.0, min_side=side, drop_contained=False)
        passed = VideoPass(video, Ramp(), [Half(NoOptions())], rules, 1)
        assert len(list(passed.frames([CUBES]))) == LENGTH
        fallen = [text for text in passed.remarks if "are no objects by the rules" in text]
        assert len(fallen) == said
    assert fallen[0].startswith("14 of 14 boxes")

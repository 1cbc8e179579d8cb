"""Video files through PyAV, packet by packet.

OpenCV stops silently at the first damaged packet; here a damaged packet costs its own frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from vadkit.data.video.container import (
    declared_size,
    decode,
    expected_frames,
    frame_rate,
    open_container,
    timeline_of,
)
from vadkit.data.video.frame import (
    ASSUMED_FPS,
    DecodeReport,
    Frame,
    VideoInfo,
    VideoReader,
    check_pixels,
)
from vadkit.data.video.timestamps import Timeline
from vadkit.errors import DataError


class FileReader(VideoReader):
    """A video file."""

    def __init__(self, path: Path, fps: float | None, strict: bool) -> None:
        self.path, self.name, self.strict = path, path.name, strict
        self.fps = fps
        self._converter = VideoReformatter()
        self.report = DecodeReport()
        with open_container(path) as container:
            self.info = self._probe(container)

    def frames(self) -> Iterator[Frame]:
        """Decode from the start; see `VideoReader.frames`."""
        report = self.report = DecodeReport()
        last: NDArray[np.uint8] | None = None
        with open_container(self.path) as container:
            stream = container.streams.video[0]
            timeline = timeline_of(stream)
            for decoded in decode(container, timeline):
                image = self._image(decoded, report)
                *lost, own = timeline.place(decoded.pts)
                yield from self._stand_in(lost, image if last is None else last)
                yield self._frame(own, image)
                last = image
            self._refuse(timeline.damaged)
            if last is not None:
                yield from self._stand_in(timeline.tail(), last)
            self._conclude(timeline, expected_frames(container, timeline.constant))

    def _probe(self, container: Any) -> VideoInfo:
        stream = container.streams.video[0]
        check_pixels(self.path, *declared_size(self.path, stream.codec_context))
        first = next(decode(container, timeline_of(stream)), None)
        if first is None:
            raise DataError(f"{self.path} holds no frame of up to 33 million pixels to decode.")
        self._size = (first.width, first.height)
        width, height = self._size[::-1] if first.rotation % 180 else self._size
        channels = 1 if first.format.name.startswith("gray") else 3
        fps = self.fps or frame_rate(stream) or ASSUMED_FPS
        return VideoInfo(width, height, channels, fps, stream.frames or None)

    def _refuse(self, faults: int) -> None:
        if self.strict and faults:
            raise DataError(
                f"{self.path} is damaged near frame {self.report.frames}.",
                "Repair the file, or read it without strictness.",
            )

    def _image(self, decoded: Any, report: DecodeReport) -> NDArray[np.uint8]:
        check_pixels(self.path, decoded.width, decoded.height)
        if (decoded.width, decoded.height) != self._size:
            _note(report, "the frame size changes; frames are scaled to the first one's")
        if decoded.is_corrupt:
            _note(report, "some frames show damage that the decoder has covered up")
        width, height = self._size
        layout = "gray" if self.info.channels == 1 else "rgb24"
        # One converter for all frames: setting one up costs more than decoding a small frame.
        converted = self._converter.reformat(decoded, width, height, layout)
        image = converted.to_ndarray().reshape(height, width, self.info.channels)
        return np.ascontiguousarray(np.rot90(image, round(decoded.rotation / 90)))

    def _frame(self, time_s: float, image: NDArray[np.uint8], repaired: bool = False) -> Frame:
        index = self.report.frames
        if repaired:
            self.report.repaired.append(index)
        else:
            self.report.decoded += 1
        return Frame(index, index / self.fps if self.fps else time_s, image, repaired)

    def _stand_in(self, times: list[float], image: NDArray[np.uint8]) -> Iterator[Frame]:
        self._refuse(len(times))
        for time_s in times:
            yield self._frame(time_s, image, repaired=True)

    def _conclude(self, timeline: Timeline, expected: int | None) -> None:
        report = self.report
        facts = {
            f"{timeline.damaged} damaged packets": timeline.damaged,
            f"{len(report.repaired)} lost frames replaced by the one before": report.repaired,
            f"{timeline.mended} timestamps missing or out of order, repaired": timeline.mended,
            f"{timeline.jumps} jumps of the clock, left as they are": timeline.jumps,
        }
        report.warnings += [text for text, present in facts.items() if present]
        if expected is not None and abs(expected - report.frames) > 1:
            _note(report, f"{report.frames} frames, but the file announces {expected}")


def _note(report: DecodeReport, text: str) -> None:
    if text not in report.warnings:
        report.warnings.append(text)

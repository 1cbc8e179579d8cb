"""Video files through PyAV, packet by packet.

OpenCV stops silently at the first damaged packet; here a damaged packet costs its own frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from av.video.reformatter import VideoReformatter

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
    Image,
    VideoInfo,
    VideoReader,
    check_pixels,
)
from vadkit.data.video.timestamps import Timeline
from vadkit.errors import DataError


class FileReader(VideoReader):
    """A video file."""

    def __init__(self, path: Path, fps: float | None, strict: bool) -> None:
        super().__init__(path, fps, strict)
        self._converter = VideoReformatter()
        with open_container(path) as container:
            self.info = self._probe(container)

    def _decoded(self) -> Iterator[tuple[float, Image | None]]:
        with open_container(self.path) as container:
            timeline = timeline_of(container.streams.video[0])
            for decoded in decode(container, timeline):
                image = self._image(decoded)
                *lost_s, time_s = timeline.place(decoded.pts)
                yield from ((lost, None) for lost in lost_s)
                yield time_s, image
            if self.strict and timeline.damaged:
                raise self._damage(self.report.frames)
            yield from ((lost, None) for lost in timeline.tail())
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

    def _image(self, decoded: Any) -> Image:
        check_pixels(self.path, decoded.width, decoded.height)
        if (decoded.width, decoded.height) != self._size:
            self.report.warn("the frame size changes; frames are scaled to the first one's")
        if decoded.is_corrupt:
            self.report.warn("some frames show damage that the decoder has covered up")
        width, height = self._size
        layout = "gray" if self.info.channels == 1 else "rgb24"
        # One converter for all frames: setting one up costs more than decoding a small frame.
        converted = self._converter.reformat(decoded, width, height, layout)
        image = converted.to_ndarray().reshape(height, width, self.info.channels)
        return np.ascontiguousarray(np.rot90(image, round(decoded.rotation / 90)))

    def _conclude(self, timeline: Timeline, expected: int | None) -> None:
        facts = {
            f"{timeline.damaged} damaged packets": timeline.damaged,
            f"{timeline.mended} timestamps missing or out of order, repaired": timeline.mended,
            f"{timeline.jumps} jumps of the clock, left as they are": timeline.jumps,
        }
        for text in (text for text, present in facts.items() if present):
            self.report.warn(text)
        self._compare(expected)

    def _compare(self, expected: int | None) -> None:
        """Hold the number of frames against what the file announces."""
        difference = abs(expected - self.report.frames) if expected is not None else 0
        text = f"{self.report.frames} frames, but the file announces {expected}"
        if difference > 1:
            self.report.warn(text)
        elif difference:
            # Sound files differ by one too: a duration in time is rounded to frames, and encoders
            # count a first frame that they never write. A lost frame inside is noticed by its time.
            self.report.remarks.append(text)

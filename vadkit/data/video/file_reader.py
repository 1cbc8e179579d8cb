"""Video files through PyAV, packet by packet.

OpenCV stops silently at the first damaged packet; here a damaged packet costs its own frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter

from vadkit.data.video.frame import (
    ASSUMED_FPS,
    MAX_PIXELS,
    Image,
    VideoInfo,
    VideoReader,
    check_pixels,
)
from vadkit.data.video.image import image_size
from vadkit.data.video.timestamps import Timeline
from vadkit.errors import DataError
from vadkit.utils.threads import decoder_threads

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,asf,flv,gif"
LIMIT = {"max_pixels": str(MAX_PIXELS)}
# H.264 conceals damage with one thread alone unless told; frames must not depend on the threads.
DECODING = {"enable_er": "0", **LIMIT}
# A playlist under a video's name must not read other files or the network.
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file", **LIMIT}
# A title in another encoding than UTF-8 must not stop a video. In PyAV 19 it cannot, and the
# argument that took care of it is gone.
_PYAV = int(av.__version__.partition(".")[0])
_METADATA: dict[str, Any] = {"metadata_errors": "replace"} if _PYAV <= 18 else {}  # noqa: PLR2004
MAX_FPS = 1000.0
"""A higher rate is a clock's, not a camera's."""


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


def open_container(path: Path) -> Any:
    """Open a file that holds a video stream, for reading.

    Raises:
        DataError: It is missing, empty, no video or of an unknown codec.
    """
    _check_file(path)
    try:
        # The absolute path cannot be taken for a protocol's name.
        container: Any = av.open(str(path.absolute()), options=OPTIONS, **_METADATA)
    except (av.error.FFmpegError, ValueError) as error:
        raise DataError(
            f"{path} is not a readable video (truncated, or none of {FORMATS}).",
            "Convert it with another program, or leave it out.",
        ) from error
    if not container.streams.video:
        container.close()
        raise DataError(f"{path} holds no video stream.")
    if container.streams.video[0].codec_context is None:
        container.close()
        raise DataError(f"{path} holds a video of an unknown codec.")
    # The options above bind the probe alone.
    context = container.streams.video[0].codec_context
    context.options = DECODING
    context.thread_count = decoder_threads()
    return container


def declared_size(path: Path, context: Any) -> tuple[int, int]:
    """Width and height; the probe leaves out what is over the limit, so ask the first packet."""
    if context.width and context.height:
        return context.width, context.height
    with open_container(path) as container:
        first = next(container.demux(video=0), None)
        return image_size(bytes(first or b"")) or (0, 0)


def decode(container: Any, timeline: Timeline) -> Iterator[Any]:
    """Every frame that can be had, in order of presentation; damage goes to the timeline."""
    for packet in _packets(container, timeline):
        stamp = packet.dts if timeline.counted or packet.pts is None else packet.pts
        timeline.packet(stamp)
        try:
            yield from packet.decode()
        except MemoryError:
            raise
        except av.error.FFmpegError:
            timeline.damage(stamp)


def _packets(container: Any, timeline: Timeline) -> Iterator[Any]:
    try:
        yield from container.demux(container.streams.video[0])
    except av.error.FFmpegError:
        # What comes after cannot be found.
        timeline.damage(None)


def timeline_of(stream: Any) -> Timeline:
    """An empty timeline at the stream's rate."""
    rate = frame_rate(stream)
    counted = stream.container.format.name == "avi"
    constant = rate is not None and stream.average_rate == stream.base_rate
    tick = float(stream.time_base)
    return Timeline(tick, 1 / (tick * (rate or ASSUMED_FPS)), counted or constant, counted)


def frame_rate(stream: Any) -> float | None:
    """Frames a second as the header says, if it can be believed."""
    rate = float(stream.average_rate or stream.base_rate or 0)
    return rate if 0 < rate <= MAX_FPS else None


def expected_frames(container: Any, constant: bool) -> int | None:
    """Frames that the container announces, by count or, with nothing but video, by duration."""
    stream = container.streams.video[0]
    if stream.frames:
        return int(stream.frames)
    if not constant or not container.duration or len(container.streams) > 1:
        return None
    return round(container.duration / av.time_base * float(stream.average_rate))


def _check_file(path: Path) -> None:
    if not path.exists():
        raise DataError(f"{path} does not exist.", "Check the path.")
    if not path.is_file():
        raise DataError(f"{path} is neither a file nor a folder.")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty (0 bytes).")

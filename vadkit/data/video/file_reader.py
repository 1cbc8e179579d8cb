"""Video files through PyAV, packet by packet.

OpenCV stops silently at the first damaged packet; here a damaged packet costs its own frame.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.stream import Disposition
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

RAW = ("h264", "hevc", "m4v", "mjpeg", "mpegvideo")
"""Formats without a container: they store no times, and a rate only where the codec does."""
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,asf,flv,ogg,mxf,dhav,gif,"
FORMATS += "yuv4mpegpipe," + ",".join(RAW)
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
_SAMPLE = 100
"""Packets that tell a picture from a video, where a file holds several streams."""


class FileReader(VideoReader):
    """A video file."""

    def __init__(self, path: Path, fps: float | None, strict: bool) -> None:
        super().__init__(path, fps, strict)
        self._converter = VideoReformatter()
        self._streams = video_streams(path)
        with self._open() as stream:
            self.info = self._probe(stream)

    def _decoded(self) -> Iterator[tuple[float, Image | None]]:
        with self._open() as stream:
            timeline = timeline_of(stream)
            for decoded in decode(stream, timeline):
                image = self._image(decoded)
                *lost_s, time_s = timeline.place(decoded.pts)
                yield from ((lost, None) for lost in lost_s)
                yield time_s, image
            if self.strict and timeline.damaged:
                raise self._damage(self.report.frames)
            yield from ((lost, None) for lost in timeline.tail())
            self._conclude(stream, timeline)

    def _open(self) -> AbstractContextManager[Any]:
        return open_stream(self.path, self._streams[0])

    def _probe(self, stream: Any) -> VideoInfo:
        check_pixels(self.path, *self._declared_size(stream.codec_context))
        timeline = timeline_of(stream)
        first = next(decode(stream, timeline), None)
        if first is None:
            raise DataError(f"{self.path} holds no frame of up to 33 million pixels to decode.")
        timeline.place(first.pts)
        self._size = (first.width, first.height)
        width, height = self._size[::-1] if first.rotation % 180 else self._size
        channels = 1 if first.format.name.startswith("gray") else 3
        fps = self.fps or frame_rate(stream) or ASSUMED_FPS
        frames = max(0, indexed_frames(stream) - timeline.unshown)
        return VideoInfo(width, height, channels, fps, frames or None)

    def _declared_size(self, context: Any) -> tuple[int, int]:
        """Width and height; the probe leaves out those over the limit, so ask the first packet."""
        if context.width and context.height:
            return context.width, context.height
        with self._open() as stream:
            first = next(stream.container.demux(stream), None)
            return image_size(bytes(first or b"")) or (0, 0)

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

    def _conclude(self, stream: Any, timeline: Timeline) -> None:
        if timeline.damaged:
            self.report.warn(f"{timeline.damaged} damaged packets")
        if stream.container.format.name == "avi":
            self._compare(stream.frames)
        elif (
            not timeline.restarts
            and (announced := announced_s(stream)) - timeline.end_s
            > 2 * timeline.step * timeline.tick_s
        ):
            ends = f"it ends after {timeline.end_s:.1f} s"
            self.report.warn(f"{ends}, but the file announces {announced:.1f} s")
        self.report.remarks += self._remarks(stream, timeline)

    def _remarks(self, stream: Any, timeline: Timeline) -> Iterator[str]:
        if others := len(self._streams) - 1:
            yield f"only stream {stream.index} is read; videos in the file beside it: {others}"
        if _is_raw(stream) and not self.fps and not frame_rate(stream):
            yield f"the file stores no times; {ASSUMED_FPS:g} frames a second are assumed"
        if unshown := timeline.unshown:
            yield f"the first {unshown} frames are left out, as they build on others before them"
        if unstamped := timeline.unstamped:
            yield f"{unstamped} frames have no time stamp and follow the one before"
        if jumps := timeline.jumps:
            seconds = next(iter(jumps.values()))
            yield f"the clock jumps by {seconds:.1f} s after {self.places(list(jumps))}"
        if restarts := timeline.restarts:
            yield f"the clock goes back or stands still after {self.places(restarts)}"

    def _compare(self, announced: int) -> None:
        """Hold the number of frames against what the header announces."""
        difference = abs(announced - self.report.frames) if announced else 0
        text = f"{self.report.frames} frames, but the file announces {announced}"
        if difference > 1:
            self.report.warn(text)
        elif difference:
            # Sound files differ by one too: encoders count a first frame that they never write.
            self.report.remarks.append(text)


def video_streams(path: Path) -> list[int]:
    """Indices of the streams that hold a video, and no cover picture; first the one to read.

    Raises:
        DataError: The file is missing, empty, no video or of an unknown codec.
    """
    with open_container(path) as container:
        cover = Disposition.attached_pic
        streams = [stream for stream in container.streams.video if cover not in stream.disposition]
        if not streams:
            raise DataError(f"{path} holds no video stream.")
        known = [stream for stream in streams if stream.codec_context is not None]
        if not known:
            raise DataError(f"{path} holds a video of an unknown codec.")
        return [stream.index for stream in (_ranked(container, known) if known[1:] else known)]


def _ranked(container: Any, streams: list[Any]) -> list[Any]:
    """The default first, then the largest, without pictures that are not marked as covers."""
    packets = Counter[int]()
    with suppress(av.error.FFmpegError):
        some = islice(container.demux(streams), _SAMPLE)
        packets.update(packet.stream_index for packet in some if packet.size)
    moving = [stream for stream in streams if packets[stream.index] > 1] or streams

    def worth(stream: Any) -> tuple[bool, int]:
        context = stream.codec_context
        return Disposition.default in stream.disposition, context.width * context.height

    return sorted(moving, key=worth, reverse=True)


def open_container(path: Path) -> Any:
    """Open a file that is a video's, for reading.

    Raises:
        DataError: It is missing, empty or no video.
    """
    _check_file(path)
    try:
        # The absolute path cannot be taken for a protocol's name.
        return av.open(str(path.absolute()), options=OPTIONS, **_METADATA)
    except (av.error.FFmpegError, ValueError) as error:
        raise DataError(
            f"{path} is not a readable video (truncated, or none of {FORMATS}).",
            "Convert it with another program, or leave it out.",
        ) from error


@contextmanager
def open_stream(path: Path, index: int) -> Iterator[Any]:
    """Open a stream of a video file, for decoding."""
    with open_container(path) as container:
        stream = container.streams[index]
        # The options above bind the probe alone.
        stream.codec_context.options = DECODING
        stream.codec_context.thread_count = decoder_threads()
        yield stream


def decode(stream: Any, timeline: Timeline) -> Iterator[Any]:
    """Every frame that can be had, in order of presentation; damage goes to the timeline."""
    for packet in _packets(stream, timeline):
        shown = packet.size and not packet.is_discard
        stamp = timeline.packet(_stamp(stream, packet), packet.duration) if shown else None
        try:
            yield from packet.decode()
        except MemoryError:
            raise
        except av.error.FFmpegError:
            if not packet.is_discard:
                timeline.damage(stamp)


def _packets(stream: Any, timeline: Timeline) -> Iterator[Any]:
    try:
        yield from stream.container.demux(stream)
    except av.error.FFmpegError:
        # What comes after cannot be found.
        timeline.damage(None)


def _stamp(stream: Any, packet: Any) -> int | None:
    if _is_raw(stream):
        return None
    by_count = packet.pts is None or stream.container.format.name == "avi"
    return packet.dts if by_count else packet.pts


def timeline_of(stream: Any) -> Timeline:
    """An empty timeline at the stream's rate."""
    tick_s = float(stream.time_base)
    step = round(1 / (tick_s * (frame_rate(stream) or ASSUMED_FPS)))
    return Timeline(tick_s, max(1, step), stream.container.format.name == "avi" or _is_raw(stream))


def frame_rate(stream: Any) -> float | None:
    """Frames a second as the header says, if it can be believed."""
    context = stream.codec_context
    # Of a raw stream, the other two are FFmpeg's assumptions.
    known = context.framerate if _is_raw(stream) else stream.average_rate or stream.base_rate
    return rate if 0 < (rate := float(known or 0)) <= MAX_FPS else None


def indexed_frames(stream: Any) -> int:
    """Frames to be shown, as the file's index counts them; 0 where it does not list them all."""
    entries, name = stream.index_entries, stream.container.format.name
    if name == "avi":
        listed = entries[-1].timestamp + 1 if len(entries) else 0
        return listed if listed == stream.frames else 0
    # The header of a file in fragments counts the frames of the first, or none.
    if not name.startswith("mov") or len(entries) > stream.frames:
        return 0
    return sum(not entry.is_discard for entry in entries)


def announced_s(stream: Any) -> float:
    """When the video ends as the file announces, in seconds; 0 where it does not."""
    if stream.duration:
        return stream.duration * float(stream.time_base)
    alone = len(stream.container.streams) == 1
    return (stream.container.duration or 0) / av.time_base if alone else 0.0


def _is_raw(stream: Any) -> bool:
    return stream.container.format.name in RAW


def _check_file(path: Path) -> None:
    if not path.exists():
        raise DataError(f"{path} does not exist.", "Check the path.")
    if not path.is_file():
        raise DataError(f"{path} is neither a file nor a folder.")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty (0 bytes).")

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
from numpy.typing import NDArray

from vadkit.data.image_file import image_size
from vadkit.data.timeline import Timeline
from vadkit.data.video import (
    ASSUMED_FPS,
    MAX_PIXELS,
    DecodeReport,
    Frame,
    VideoInfo,
    VideoReader,
    check_pixels,
)
from vadkit.errors import DataError

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,asf,flv,gif"
# A playlist under a video's name must not read other files or the network.
LIMIT = {"max_pixels": str(MAX_PIXELS)}
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file", **LIMIT}
MAX_FPS = 1000.0
"""A higher rate is a clock's, not a camera's."""
DAMAGE = (av.error.InvalidDataError, av.error.ArgumentError)


class FileReader(VideoReader):
    """A video file."""

    def __init__(self, path: Path, fps: float | None, strict: bool) -> None:
        self.path, self.name, self.strict = path, path.name, strict
        self.fps = fps
        self.report = DecodeReport()
        _check_file(path)
        with _open(path) as container:
            self.info = self._probe(container)

    def frames(self) -> Iterator[Frame]:
        """Decode from the start; see `VideoReader.frames`."""
        report = self.report = DecodeReport()
        last: NDArray[np.uint8] | None = None
        with _open(self.path) as container:
            stream = container.streams.video[0]
            timeline = _timeline(stream)
            for decoded in self._decode(container, timeline):
                image = self._image(decoded, report)
                *lost, own = timeline.place(decoded.pts)
                yield from self._stand_in(lost, image if last is None else last)
                yield self._frame(own, image)
                last = image
            if last is not None:
                yield from self._stand_in(timeline.tail(), last)
            self._conclude(timeline, _expected(container, timeline.constant))

    def _probe(self, container: Any) -> VideoInfo:
        stream = container.streams.video[0]
        check_pixels(self.path, *_declared_size(self.path, stream.codec_context))
        first = next(_decode(container, _timeline(stream)), None)
        if first is None:
            raise DataError(f"{self.path} holds no frame of up to 33 million pixels to decode.")
        self._size = (first.width, first.height)
        width, height = self._size[::-1] if first.rotation % 180 else self._size
        channels = 1 if first.format.name.startswith("gray") else 3
        fps = self.fps or _rate(stream) or ASSUMED_FPS
        return VideoInfo(width, height, channels, fps, stream.frames or None)

    def _decode(self, container: Any, timeline: Timeline) -> Iterator[Any]:
        for decoded in _decode(container, timeline):
            self._refuse_damage(timeline)
            yield decoded
        self._refuse_damage(timeline)

    def _refuse_damage(self, timeline: Timeline) -> None:
        if self.strict and timeline.damaged:
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
        image = decoded.to_ndarray(format=layout, width=width, height=height)
        image = image.reshape(height, width, self.info.channels)
        return np.ascontiguousarray(np.rot90(image, round(decoded.rotation / 90)))

    def _frame(self, time_s: float, image: NDArray[np.uint8], repaired: bool = False) -> Frame:
        index = self.report.frames
        if repaired:
            self.report.repaired.append(index)
        else:
            self.report.decoded += 1
        return Frame(index, index / self.fps if self.fps else time_s, image, repaired)

    def _stand_in(self, times: list[float], image: NDArray[np.uint8]) -> Iterator[Frame]:
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


def _check_file(path: Path) -> None:
    if not path.exists():
        raise DataError(f"{path} does not exist.", "Check the path.")
    if not path.is_file():
        raise DataError(f"{path} is neither a file nor a folder.")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty (0 bytes).")


def _open(path: Path) -> Any:
    """Open for reading; the absolute path cannot be taken for a protocol's name."""
    try:
        container = av.open(str(path.absolute()), options=OPTIONS, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        raise DataError(
            f"{path} is not a readable video (truncated, or none of {FORMATS}).",
            "Convert it with another program, or leave it out.",
        ) from error
    if not container.streams.video:
        container.close()
        raise DataError(f"{path} holds no video stream.")
    # The options above bind the probe alone.
    container.streams.video[0].codec_context.options = LIMIT
    return container


def _declared_size(path: Path, context: Any) -> tuple[int, int]:
    """Width and height; the probe leaves out what is over the limit, so ask the first packet."""
    if context.width and context.height:
        return context.width, context.height
    with _open(path) as container:
        first = next(container.demux(video=0), None)
        return image_size(bytes(first or b"")) or (0, 0)


def _decode(container: Any, timeline: Timeline) -> Iterator[Any]:
    """Every frame that can be had, in order of presentation; damage goes to the timeline."""
    for packet in container.demux(container.streams.video[0]):
        stamp = packet.dts if timeline.counted or packet.pts is None else packet.pts
        timeline.packet(stamp)
        try:
            yield from packet.decode()
        except DAMAGE:
            timeline.damage(stamp)


def _timeline(stream: Any) -> Timeline:
    rate = _rate(stream)
    counted = stream.container.format.name == "avi"
    constant = rate is not None and stream.average_rate == stream.base_rate
    tick = float(stream.time_base)
    return Timeline(tick, 1 / (tick * (rate or ASSUMED_FPS)), counted or constant, counted)


def _rate(stream: Any) -> float | None:
    rate = float(stream.average_rate or stream.base_rate or 0)
    return rate if 0 < rate <= MAX_FPS else None


def _expected(container: Any, constant: bool) -> int | None:
    """Frames that the container announces, by count or, with nothing but video, by duration."""
    stream = container.streams.video[0]
    if stream.frames:
        return int(stream.frames)
    if not constant or not container.duration or len(container.streams) > 1:
        return None
    return round(container.duration / av.time_base * float(stream.average_rate))


def _note(report: DecodeReport, text: str) -> None:
    if text not in report.warnings:
        report.warnings.append(text)

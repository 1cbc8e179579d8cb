"""One pass over a video: opened, decoded and searched for objects once, whoever wants its units.

Every cutting gets the units of each frame, and every teacher of whole frames answers for it, out of
the same window of frames. So memory is flat in the video's length, and nothing is read twice.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, tee
from typing import Any

import numpy as np

from vadkit.data.crops import Cut, Cutting, cut
from vadkit.data.dataset import Video
from vadkit.data.detection import Detector, Seen, detect
from vadkit.data.evidence import Evidence, Rows
from vadkit.data.oddities import Oddities
from vadkit.data.teachers.bound_teacher import BATCH, Answers, FrameTeacher
from vadkit.data.video.frame import VideoReader, to_channels
from vadkit.data.windows import Window, reach, windows
from vadkit.errors import PluginError
from vadkit.registry.cards import BoxRules, Unit

FALLEN = {"boxes_unusable", "boxes_against_rules", "boxes_over_limit"}
"""What boxes that are no objects are counted under."""
REPAIRED = "frames_repaired"
"""What stand-ins are counted under: of all videos and, with " in VIDEO, PLACE", of one."""


@dataclass(frozen=True)
class PassedFrame:
    """What was made of one frame."""

    index: int
    """The frame, from 0."""
    cuts: tuple[Cut, ...]
    """Its units, for each cutting."""
    answers: tuple[Answers | None, ...]
    """(...) for each teacher; None where it was not asked about this frame."""
    descriptions: tuple[Rows, ...]
    """(n, D) for each evidence part: a row for each object."""


class VideoPass:
    """Goes over a video once, searched for objects by detectors and rules where they are cut.

    Everything is cut in so many colour channels: 1 (grey) or 3 (RGB).
    """

    def __init__(
        self,
        video: Video,
        reader: VideoReader,
        detectors: Sequence[Detector[Any]],
        rules: BoxRules,
        channels: int,
    ) -> None:
        self._video, self._reader, self._channels = video, reader, channels
        self._detectors, self._rules = detectors, rules
        self._frames, self._boxes = Counter[str](), Counter[str]()
        self._oddities = Oddities()

    def frames(
        self,
        cuttings: Sequence[Cutting],
        teachers: Sequence[FrameTeacher] = (),
        parts: Sequence[Evidence[Any]] = (),
    ) -> Iterator[PassedFrame]:
        """Yield every frame once, in order, with what was made of it.

        Raises:
            DataError: The video cannot be decoded, or is damaged and damage is refused.
            PluginError: A detector, teacher or evidence part fails, or does not give every frame
                once.
            NumericError: A teacher's answer is not finite.
        """
        stream = self._read()
        if parts or any(cutting.unit == "object" for cutting in cuttings):
            stream = detect(self._video, stream, self._detectors, self._rules, self._boxes)
        stream = self._oddities.watched(stream)
        offsets = [cutting.offsets for cutting in cuttings]
        offsets += [teacher.teacher.sampling.offsets for teacher in teachers]
        stream, *streams = tee(stream, 1 + len(parts))
        described = [_described(part, of) for part, of in zip(parts, streams, strict=True)]
        around = windows(map(self._in_channels, stream), *reach(*offsets))
        # Teachers see several frames at once; without them nothing waits for others.
        while chunk := list(islice(around, BATCH if teachers else 1)):
            answers = [teacher.answers(chunk) for teacher in teachers]
            for window in chunk:
                rows = tuple(next(of) for of in described)
                yield _passed(window, cuttings, answers, rows)

    def counts(self, unit: Unit) -> dict[str, int]:
        """What was seen, repaired and dropped for a kind of unit, when all frames are out."""
        counts = {**self._frames, **(self._boxes if unit == "object" else {})}
        if lost := self._reader.report.repaired:
            counts[f"{REPAIRED} in {self._video.name}, {self._reader.places(lost)}"] = len(lost)
        return counts

    @property
    def remarks(self) -> list[str]:
        """Sentences about what is odd or damaged in the video, when all frames are out."""
        report = self._reader.report
        return [*report.warnings, *report.remarks, *self._oddities.remarks, *self._fallen_away()]

    def _fallen_away(self) -> Iterator[str]:
        """That most of the boxes are no objects, where they are."""
        kept = self._boxes["boxes"]
        fallen = sum(of for name, of in self._boxes.items() if name in FALLEN)
        if fallen > kept:
            yield f"{fallen} of {fallen + kept} boxes are no objects by the rules of the recipe"

    def _read(self) -> Iterator[Seen]:
        for frame in self._reader.frames():
            self._frames["frames"] += 1
            self._frames[REPAIRED] += frame.repaired
            yield Seen(frame, np.empty((0, 5), np.float32))

    def _in_channels(self, searched: Seen) -> Seen:
        image = to_channels(searched.frame.image, self._channels)
        return replace(searched, frame=replace(searched.frame, image=image))


def damaged(counts: Mapping[str, int]) -> dict[str, int]:
    """`VIDEO, PLACE` -> how many frames of that video stand in for lost ones."""
    mark = f"{REPAIRED} in "
    return {name.removeprefix(mark): n for name, n in counts.items() if name.startswith(mark)}


def _described(part: Evidence[Any], frames: Iterator[Seen]) -> Iterator[Rows]:
    """A part's descriptions of a video's frames; refuses one that misses a frame or a box."""
    counts: deque[int] = deque()

    def counted() -> Iterator[Seen]:
        for seen in frames:
            counts.append(len(seen.boxes))
            yield seen

    name = type(part).__name__
    for rows in part.describe(counted()):
        boxes = counts.popleft() if counts else None
        if rows.ndim != 2 or len(rows) != boxes:  # noqa: PLR2004 - n and D
            raise PluginError(
                f"The evidence part {name} describes {boxes} boxes by an array {rows.shape}.",
                "`describe` yields (n, D) for every frame, in order: a row for each of its boxes.",
            )
        yield rows
    raise PluginError(
        f"The evidence part {name} describes fewer frames than it was shown.",
        "`describe` has to yield once for every frame.",
    )


def _passed(
    window: Window[Seen],
    cuttings: Sequence[Cutting],
    answers: Sequence[Mapping[int, Answers]],
    rows: tuple[Rows, ...],
) -> PassedFrame:
    index = window.at(0).frame.index
    return PassedFrame(
        index,
        tuple(cut(window, cutting) for cutting in cuttings),
        tuple(of_frames.get(index) for of_frames in answers),
        rows,
    )

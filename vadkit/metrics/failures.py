"""Where scores fail: the events that they miss most, and the normal frames that they like least."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vadkit.metrics.alarms import false_alarms, stretches
from vadkit.metrics.curves import ScoredFrames


@dataclass(frozen=True)
class Failure:
    """A run of frames, and the one of the highest score."""

    video: str
    first: int
    """Its first frame, of those that count."""
    end: int
    """The frame after its last."""
    frame: int
    score: float

    @classmethod
    def at(cls, frames: ScoredFrames, video: str, first: int, end: int) -> Failure:
        """A run of frames of a video."""
        frame = first + int(frames.scores[video][first:end].argmax())
        return cls(video, first, end, frame, float(frames.scores[video][frame]))


def worst_misses(frames: ScoredFrames) -> list[Failure]:
    """All events, those of the lowest highest score first."""
    return sorted(_events(frames), key=lambda event: event.score)


def worst_false_alarms(frames: ScoredFrames, count: int) -> list[Failure]:
    """So many false alarms, those of the highest score first, and none without an event.

    The threshold goes down from event to event, as far as it takes. At each, an alarm that is false
    is a new one if none that was false before lies in it. So two stay two where a lower threshold
    joins them, and an alarm is not forgotten where a lower threshold joins it to an event.
    """
    alarms: list[Failure] = []
    for threshold in sorted({event.score for event in _events(frames)}, reverse=True):
        for video in frames.scores:
            for first, end in false_alarms(frames, video, threshold).tolist():
                if not any(of.video == video and first <= of.frame < end for of in alarms):
                    alarms.append(Failure.at(frames, video, first, end))
        if len(alarms) >= count:
            break
    return sorted(alarms, key=lambda alarm: -alarm.score)[:count]


def _events(frames: ScoredFrames) -> Iterator[Failure]:
    for video, labels in frames.labels.items():
        for first, end in stretches(labels, frames.times[video]).tolist():
            yield Failure.at(frames, video, first, end)

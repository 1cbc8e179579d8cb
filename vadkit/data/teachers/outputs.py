"""What teachers are asked about the units of a role's split, and their answers: a file a video."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from filelock import FileLock

from vadkit.data.store.shared_work import in_turn
from vadkit.data.store.video_shards import Told
from vadkit.data.teachers.output_files import AnswerFile, Answers, Rows
from vadkit.data.units import Units
from vadkit.registry.cards import Need

Answered = Iterator[tuple[Rows, Answers]]
"""Rows of a file, with their answers."""


class Asked(ABC):
    """The answers to one need, asked for by whoever comes to a video first.

    Args:
        what: What is answered, for the user's eyes: "depth of target train".
        folder: Of the files.
        units: About which it is asked.
    """

    def __init__(self, what: str, folder: Path, units: Units) -> None:
        self.what, self.folder, self.units = what, folder, units
        self._files: dict[int, AnswerFile] = {}
        (folder / "locks").mkdir(parents=True, exist_ok=True)

    def missing(self) -> list[int]:
        """The numbers of the videos of which an answer is missing."""
        numbers = range(len(self.units.videos))
        return [of for of in numbers if self._open(of).missing(self._wanted(of)).size]

    def answer(self, number: int) -> None:
        """Answer for a video what nobody has answered; waits for who is at it.

        Raises:
            PluginError: The teacher fails.
            ResourceError: The disk is full.
        """
        with FileLock(self._lock(number)):
            self._answer(number)

    def answer_missing(self, told: Told) -> None:
        """Answer for all videos, one after another; raises as `answer` does."""
        if missing := self.missing():
            what, count = self.what, len(self.units.videos)
            in_turn(missing, self._lock, self._answer, lambda of: told(what, count - of, count))

    @abstractmethod
    def of_video(self, number: int, rows: Rows) -> Answers:
        """(rows, ...): the answers for units of one video."""

    def _answer(self, number: int) -> None:
        file = self._open(number)  # as whoever held the lock before left it
        missing = file.missing(self._wanted(number))
        if missing.size:
            file.fill(self._answers(number, missing))

    def _file(self, number: int) -> AnswerFile:
        return self._files[number] if number in self._files else self._open(number)

    def _open(self, number: int) -> AnswerFile:
        self._files[number] = AnswerFile(self.folder, f"{number:05}", self._length(number))
        return self._files[number]

    def _lock(self, number: int) -> Path:
        return self.folder / "locks" / f"{number:05}"

    def _rows(self, number: int) -> Rows:
        """The units of a video."""
        first, end = np.searchsorted(self.units.video, [number, number + 1])
        return np.arange(first, end)

    @abstractmethod
    def _length(self, number: int) -> int:
        """Rows of a video's file."""

    @abstractmethod
    def _wanted(self, number: int) -> Rows:
        """The rows that these units will ever ask for."""

    @abstractmethod
    def _answers(self, number: int, rows: Rows) -> Answered:
        """Ask the teacher for rows of a video's file."""


class AskedOfFrames(Asked):
    """A teacher watches the video: a row for each frame.

    Args:
        what: As for every one.
        folder: As for every one.
        units: As for every one.
        need: Which frames count for a unit.
        watch: Asks for frames of a video, by its number.
    """

    def __init__(
        self,
        what: str,
        folder: Path,
        units: Units,
        need: Need,
        watch: Callable[[int, Rows], Answered],
    ) -> None:
        super().__init__(what, folder, units)
        self._need, self._watch = need, watch

    def of_video(self, number: int, rows: Rows) -> Answers:
        """The mean over the need's frames."""
        frames = frames_read(self._need, self.units, rows)
        return self._file(number).read(frames).mean(axis=1)

    def _length(self, number: int) -> int:
        return int(self.units.lengths[number])

    def _wanted(self, number: int) -> Rows:
        return frames_read(self._need, self.units, self._rows(number)).ravel()

    def _answers(self, number: int, rows: Rows) -> Answered:
        return self._watch(number, rows)


class AskedOfUnits(Asked):
    """A teacher sees the units themselves: a row for each.

    Args:
        what: As for every one.
        folder: As for every one.
        units: As for every one.
        show: Asks for units; gives the answers in order, some at a time.
    """

    def __init__(
        self, what: str, folder: Path, units: Units, show: Callable[[Rows], Iterable[Answers]]
    ) -> None:
        super().__init__(what, folder, units)
        self._show = show

    def of_video(self, number: int, rows: Rows) -> Answers:
        """The units' own answers."""
        return self._file(number).read(rows - self._first(number))

    def _length(self, number: int) -> int:
        return len(self._rows(number))

    def _wanted(self, number: int) -> Rows:
        return np.arange(self._length(number))

    def _answers(self, number: int, rows: Rows) -> Answered:
        done = 0
        for answers in self._show(rows + self._first(number)):
            yield rows[done : done + len(answers)], answers
            done += len(answers)

    def _first(self, number: int) -> int:
        return int(np.searchsorted(self.units.video, number))


def frames_read(need: Need, units: Units, rows: Rows) -> Rows:
    """(rows, need.frames): the frames that a need asks about, inside the video."""
    around = np.arange(need.frames) - need.frames // 2 + need.at
    last = units.lengths[units.video[rows]] - 1
    return (units.frame[rows, None] + around).clip(0, last[:, None])

"""Context of a video that streams by: what teachers say about its units, in flat memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vadkit.data.crops import Cut
from vadkit.data.teachers.bound_teacher import BoundTeacher
from vadkit.data.teachers.context import MAPS, cut_maps
from vadkit.data.teachers.output_files import Answers
from vadkit.registry.cards import Need


class StreamedContext:
    """Asks teachers of whole frames, who watch a video in step with the cutting of its units.

    Args:
        asked: The needs, each with its teacher.
        path: The video.
        channels: Colour channels that the teachers see.
        size: Height and width of maps that are cut to a unit's box.
    """

    def __init__(
        self,
        asked: Iterable[tuple[Need, BoundTeacher]],
        path: Path,
        channels: int,
        size: tuple[int, int],
    ) -> None:
        self._size = size
        self._windows = [
            (need, _Window(need, _one_by_one(teacher, path, channels))) for need, teacher in asked
        ]

    def of(self, cut: Cut) -> dict[str, Tensor]:
        """`Need.key` -> (n, ...) for the units of a frame; frames are asked for in order."""
        answers = [(need, window.mean(cut.index)) for need, window in self._windows]
        if not len(cut.boxes):
            return {}
        return {need.key: self._of_units(need, answer, cut) for need, answer in answers}

    def _of_units(self, need: Need, answer: Answers, cut: Cut) -> Tensor:
        of_units = torch.from_numpy(answer).expand(len(cut.boxes), *answer.shape)
        if need.role not in MAPS:
            return of_units
        height, width = cut.size
        boxes = cut.boxes[:, :4] / np.array([width, height] * 2, np.float32)
        return cut_maps(of_units, torch.from_numpy(boxes), self._size)


class _Window:
    """The answers for the frames that a need asks about; only those within reach are held."""

    def __init__(self, need: Need, answers: Iterator[Answers]) -> None:
        self._around = range(need.at - need.frames // 2, need.at - need.frames // 2 + need.frames)
        self._answers = answers
        self._held: deque[Answers] = deque()
        self._first = 0  # the frame of the first that is held

    def mean(self, own: int) -> Answers:
        """The mean over the frames around `own`; the video's ends are repeated."""
        wanted = np.array(self._around) + own
        while self._first + len(self._held) <= max(0, wanted[-1]):
            answer = next(self._answers, None)
            if answer is None:
                break
            self._held.append(answer)
        while self._first < wanted[0] and len(self._held) > 1:
            self._held.popleft()
            self._first += 1
        inside = (wanted - self._first).clip(0, len(self._held) - 1)
        mean: Answers = np.stack([self._held[row] for row in inside]).mean(axis=0)
        return mean


def _one_by_one(teacher: BoundTeacher, path: Path, channels: int) -> Iterator[Answers]:
    for _, answers in teacher.watch(path, None, channels):
        yield from answers

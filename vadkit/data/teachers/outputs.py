"""Teachers' answers about the videos of a split, kept in a shard for each video."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vadkit.data.crops import Cutting
from vadkit.data.store.video_shards import Shard, ShardWriter
from vadkit.data.teachers.bound_teacher import BATCH, Answers, BoundTeacher, FrameTeacher, Rows
from vadkit.data.units import Units
from vadkit.registry.cards import Need, Sampling


@dataclass(frozen=True)
class FrameOutputs:
    """A teacher's answers about whole frames: a row for each frame that it is asked about."""

    key: str
    """Names the shards: a hash of all that decides the answers."""
    watching: FrameTeacher

    @property
    def teacher(self) -> BoundTeacher:
        """Who answers."""
        return self.watching.teacher

    def read(self, shard: Shard, need: Need, units: Units, rows: Rows) -> Answers:
        """(rows, ...): the answers to a need about units of one video, means over its frames."""
        frames = frames_read(need, units, rows)
        length = int(units.lengths[units.video[rows[0]]])
        answers = shard.rows[self.watching.frames.rows(length)[frames]]  # (rows, frames, ...)
        mean: Answers = answers.astype(np.float32).mean(axis=1)
        return mean


@dataclass(frozen=True)
class UnitOutputs:
    """A teacher's answers about objects: a row for each unit of a store."""

    key: str
    teacher: BoundTeacher
    sampling: Sampling
    """What it is shown of the data role."""
    cutting: Cutting
    """What is kept of the units."""
    store: str
    """Key of the shards of the units."""

    def write(self, writer: ShardWriter, units: Shard) -> None:
        """Ask about all units of a video."""
        clips = units.rows[:, :, self.cutting.frames_of(self.sampling)]  # (n, C, T, H, W)
        for start in range(0, len(clips), BATCH):
            batch = torch.from_numpy(np.ascontiguousarray(clips[start : start + BATCH]))
            writer.add(compact(self.teacher.answer_pixels(batch)))
        writer.end({})

    def read(self, shard: Shard, need: Need, units: Units, rows: Rows) -> Answers:
        """(rows, ...): the answers about units of one video themselves."""
        first = np.searchsorted(units.video, units.video[rows[0]])
        answers: Answers = shard.rows[rows - first].astype(np.float32)
        return answers


Outputs = FrameOutputs | UnitOutputs
"""Answers that are kept."""


def compact(answers: Answers) -> np.ndarray[tuple[int, ...], np.dtype[np.floating]]:
    """Answers (n, ...) as they are kept."""
    # Maps are large, and half precision is more than their teachers have.
    return answers.astype(np.float16 if answers.ndim > 2 else np.float32)  # noqa: PLR2004 - n and D


def frames_read(need: Need, units: Units, rows: Rows) -> Rows:
    """(rows, need.frames): the frames that a need asks about, inside the video."""
    around = np.asarray(frames_around(need))
    last = units.lengths[units.video[rows]] - 1
    return (units.frame[rows, None] + around).clip(0, last[:, None])


def frames_around(need: Need) -> range:
    """The frames that a need asks about, relative to the unit's own."""
    first = need.at - need.frames // 2
    return range(first, first + need.frames)

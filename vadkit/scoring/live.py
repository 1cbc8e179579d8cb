"""Scoring while a video streams by: a task joins its units to batches, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.data.clip_tensors import floats, split_windows
from vadkit.data.crops import Cut, Cutting
from vadkit.data.evidence import Evidence, Rows
from vadkit.data.teachers.bound_teacher import Answers, BoundTeacher, refuse_unfit
from vadkit.data.teachers.context import MAPS, cut_to_boxes
from vadkit.data.teachers.outputs import frames_around
from vadkit.data.units import UnitRows, Units
from vadkit.data.video_pass import PassedFrame
from vadkit.data.windows import Window
from vadkit.recipe import Recipe, ScoreName
from vadkit.recipe.bindings import Binding
from vadkit.registry.cards import Need, Sampling
from vadkit.scoring.evidence import Attributes, Banks, bank_of, measured
from vadkit.scoring.inference import UnitScores
from vadkit.task import Batch
from vadkit.training.model import Model, Sizes


@dataclass(frozen=True)
class LiveFrame:
    """What the pass made of a frame and of those around it."""

    window: Window[PassedFrame]
    cuttings: Sequence[Cutting]
    """Those of `PassedFrame.cuts`."""
    teachers: Sequence[BoundTeacher]
    """Those of `PassedFrame.answers`."""
    parts: Sequence[str] = ()
    """Names of the evidence parts of `PassedFrame.descriptions`."""

    def description(self, part: str) -> Rows:
        """(n, D): what an evidence part says of the frame's objects."""
        return self.window.at(0).descriptions[self.parts.index(part)]

    def cut(self, cutting: Cutting) -> Cut:
        """The frame's units."""
        return self.window.at(0).cuts[self.cuttings.index(cutting)]

    def answer(self, teacher: BoundTeacher, need: Need) -> Answers:
        """(...): the mean answer for the frames that a need asks about; the video's ends repeat."""
        (place,) = (n for n, other in enumerate(self.teachers) if other is teacher)
        frames = [self.window.at(offset).answers[place] for offset in frames_around(need)]
        mean: Answers = np.stack([answer for answer in frames if answer is not None]).mean(axis=0)
        return mean


class Waiting(NamedTuple):
    """Some units of a batch."""

    clips: NDArray[np.uint8]
    """(n, C, K, H, W)."""
    context: Mapping[str, Tensor]
    """`Need.key` -> (n, ...)."""


class LiveTask:
    """A task that scores a video.

    Args:
        name: The task.
        model: With its head.
        recipe: Says how many units are scored at once.
        teachers: Who answers the task's needs.
        device: Where the model is.

    Raises:
        PluginError: A teacher cannot answer a need.
    """

    def __init__(
        self,
        name: str,
        model: Model,
        recipe: Recipe,
        teachers: Mapping[Need, BoundTeacher],
        device: torch.device,
    ) -> None:
        self._name = name
        self._sizes, self._batch, self._device = model.sizes, recipe.optim.batch, device
        self._sampling: Sampling = model.tasks[name].score_sampling
        self._scores = UnitScores(model, name, recipe, device)
        self._needs = {need: teachers[need] for need in model.tasks[name].score_needs}
        for need, teacher in self._needs.items():
            refuse_unfit(teacher, need, self._sampling.unit)
        self.table, self._number = UnitRows(), 0
        self._parts: list[Waiting] = []

    @property
    def cuttings(self) -> list[Cutting]:
        """What has to be cut: the task's units, and what teachers of objects are shown of them."""
        shown = [of.sampling for of in self._needs.values() if of.sampling.unit == "object"]
        return [self._cutting(sampling) for sampling in (self._sampling, *shown)]

    @property
    def frame_teachers(self) -> list[BoundTeacher]:
        """The teachers that have to see whole frames."""
        return [of for of in self._needs.values() if of.sampling.unit == "frame"]

    def add(self, frame: LiveFrame) -> None:
        """Take the next frame's units; a batch is scored as soon as there are enough of them."""
        cut = frame.cut(self._cutting(self._sampling))
        self.table.add(cut)
        if len(cut.boxes):
            context = {n.key: self._answers(n, of, frame, cut) for n, of in self._needs.items()}
            self._parts.append(Waiting(cut.clips, context))
        if sum(len(part.clips) for part in self._parts) >= self._batch:
            self._score()

    def end(self, video: str) -> tuple[Units, Attributes]:
        """The units of the whole video, and `task.score` -> (n,)."""
        if self._parts:
            self._score()
        scores = self._scores.scores().items()
        named = {ScoreName.compose(self._name, score): values for score, values in scores}
        return self.table.units(video), named

    def _score(self) -> None:
        """Score the units that wait."""
        clips = torch.from_numpy(np.concatenate([part.clips for part in self._parts]))
        windows = floats(split_windows(clips, self._sampling), self._device)
        context = {
            key: torch.cat([part.context[key] for part in self._parts]).to(self._device)
            for key in self._parts[0].context
        }
        self._scores.add(self._number, Batch(windows, context, cube_size=self._sizes.cube))
        self._number, self._parts = self._number + 1, []

    def _answers(self, need: Need, teacher: BoundTeacher, frame: LiveFrame, cut: Cut) -> Tensor:
        """(n, ...): what a teacher says about a frame's units."""
        if teacher.sampling.unit == "object":
            clips = frame.cut(self._cutting(teacher.sampling)).clips
            return torch.from_numpy(teacher.answer_pixels(torch.from_numpy(clips)))
        answer = torch.from_numpy(frame.answer(teacher, need))
        answers = answer.expand(len(cut.boxes), *answer.shape)
        if need.role not in MAPS:
            return answers
        return cut_to_boxes(answers, cut.boxes, cut.size, self._size(self._sampling))

    def _cutting(self, sampling: Sampling) -> Cutting:
        size, channels = self._size(sampling), self._sizes.channels
        return Cutting(sampling.unit, sampling.offsets, size, channels)

    def _size(self, sampling: Sampling) -> tuple[int, int]:
        return self._sizes.cube if sampling.unit == "object" else self._sizes.frame


@dataclass(frozen=True)
class FittedPart:
    """An evidence part with what it has learned of training objects."""

    binding: Binding
    part: Evidence[Any]
    banks: Banks


class LiveEvidence:
    """Evidence parts that score a video.

    Args:
        parts: The parts by name, at least one.
        sizes: What is cut of an object is of this size.
        camera: Whose training objects are compared with; those of all where it is not known.
    """

    def __init__(self, parts: Mapping[str, FittedPart], sizes: Sizes, camera: str) -> None:
        self._parts, self._camera = parts, camera
        self.cuttings = [Cutting("object", range(1), sizes.cube, sizes.channels)]  # for boxes
        self.frame_teachers: list[BoundTeacher] = []
        self.table = UnitRows()
        self._rows: dict[str, list[Rows]] = {name: [] for name in parts}

    def add(self, frame: LiveFrame) -> None:
        """Take the descriptions of the next frame's objects."""
        self.table.add(frame.cut(self.cuttings[0]))
        for name, rows in self._rows.items():
            rows.append(frame.description(name))

    def end(self, video: str) -> tuple[Units, Attributes]:
        """The objects of the whole video, and `part.attribute` -> (n,)."""
        scores: Attributes = {}
        for name, fitted in self._parts.items():
            rows, bank = np.concatenate(self._rows[name]), bank_of(fitted.banks, self._camera)
            scores |= measured(fitted.binding, fitted.part, rows, bank)
        return self.table.units(video), scores

"""Teachers that a recipe binds, shown clips of whole frames or objects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vadkit.data.clip_tensors import floats
from vadkit.data.detection import Seen
from vadkit.data.windows import Window
from vadkit.errors import NumericError, PluginError
from vadkit.recipe import BoundRecipe
from vadkit.registry.cards import Need, Sampling, TeacherCard, Unit
from vadkit.registry.isolation import blamed
from vadkit.teacher import Teacher

BATCH = 8
"""Clips that a teacher sees at once."""

Rows = NDArray[np.int64]
Answers = NDArray[np.float32]


@dataclass(frozen=True)
class BoundTeacher:
    """A teacher that the recipe binds to a role."""

    name: str
    sampling: Sampling
    module: Teacher[Any]
    device: torch.device
    facts: tuple[Any, ...]
    """JSON values of all that decides its answers."""

    def answer(self, clips: Tensor) -> Answers:
        """Answer (B, ...) for clips (B, C, T, H, W) in [0, 1].

        Raises:
            NumericError: An answer is not finite.
            PluginError: The teacher fails.
        """
        with torch.inference_mode(), blamed("teacher", self.name, "forward"):
            answers = self.module(clips.to(self.device))
        if not answers.isfinite().all():
            raise NumericError(f"The teacher {self.name!r} answers with NaN or infinity.")
        numbers: Answers = answers.float().cpu().numpy()
        return numbers

    def answer_pixels(self, clips: Tensor) -> Answers:
        """Answer (B, ...) for clips (B, C, T, H, W) uint8; raises as `answer` does."""
        return self.answer(floats(clips, self.device))


@dataclass(frozen=True)
class AnsweredFrames:
    """Frames of a video that a teacher answers for: every n-th, and some around each of these."""

    every: int = 1
    around: range = range(1)
    """Offsets from the n-th frames, 0 among them."""

    def among(self, frames: Rows) -> NDArray[np.bool_]:
        """(n,) whether the teacher answers for these frames (n,)."""
        nth = (frames - self.around[0]) // self.every * self.every  # the last that is near enough
        return np.asarray(nth >= np.maximum(0, frames - self.around[-1]))

    def rows(self, length: int) -> Rows:
        """(length,) where the answer for each frame stands, if the teacher answers for it."""
        return np.cumsum(self.among(np.arange(length))) - 1


@dataclass(frozen=True)
class FrameTeacher:
    """A teacher of whole frames, and the frames that it is asked about."""

    teacher: BoundTeacher
    frames: AnsweredFrames = AnsweredFrames()

    def answers(self, windows: Sequence[Window[Seen]]) -> dict[int, Answers]:
        """Frame -> answer (...), for those of these windows' frames that are asked about."""
        indices = np.array([window.at(0).frame.index for window in windows])
        answered = self.frames.among(indices)
        if not answered.any():
            return {}
        clips = [self._clip(window) for window, asks in zip(windows, answered, strict=True) if asks]
        answers = self.teacher.answer_pixels(torch.stack(clips))
        return dict(zip(indices[answered].tolist(), answers, strict=True))

    def _clip(self, window: Window[Seen]) -> Tensor:
        images = [window.at(offset).frame.image for offset in self.teacher.sampling.offsets]
        stacked = torch.from_numpy(np.stack(images))  # (T, H, W, C)
        return stacked.permute(3, 0, 1, 2)  # (C, T, H, W)


class Teachers:
    """The teachers that a recipe binds, each created once."""

    def __init__(self, bound: BoundRecipe, device: torch.device | str) -> None:
        self._recipe, self._device = bound, torch.device(device)
        self._bound: dict[tuple[str, tuple[str, ...]], BoundTeacher] = {}

    def bound(self, need: Need) -> BoundTeacher:
        """The teacher that answers a need; raises as `bind_teacher` does."""
        key = need.role, need.texts
        if key not in self._bound:
            self._bound[key] = bind_teacher(need, self._recipe, self._device)
        return self._bound[key]

    def samplings(self, role: str, needs: Iterable[Need]) -> list[Sampling]:
        """What teachers of objects are shown of a data role for these needs."""
        samplings = (self.bound(need).sampling for need in needs)
        return [replace(sampling, role=role) for sampling in samplings if sampling.unit == "object"]

    def facts(self, needs: Iterable[Need]) -> list[object]:
        """JSON values of all that decides the answers to these needs, but for the videos."""
        return [[need.role, need.texts, self.bound(need).facts] for need in needs]


def bind_teacher(need: Need, bound: BoundRecipe, device: torch.device) -> BoundTeacher:
    """Create the teacher that a recipe binds to a need's role, to be asked the need's texts.

    Raises:
        PluginError: None is bound, or one of another role, or one that cannot read.
        DataError: Its weights cannot be used.
    """
    role = need.role
    source, cards = bound.teachers.get(role), bound.registry.cards("teacher")
    able = [card.name for card in cards if isinstance(card, TeacherCard) and card.role == role]
    if source is None:
        hint = f"Bind one in the recipe: [teachers] {role} = {{ name = ... }}; able are {able}."
        raise PluginError(f"No teacher is bound to the role {role!r}.", hint)
    if source.role != role:
        raise PluginError(f"The teacher {source.name!r} cannot fill {role!r}.", f"Able are {able}.")
    teacher = source.with_options(_texts(need, source.card))
    module = teacher.create().to(device).eval()
    facts = (teacher.distribution, teacher.card.revision, teacher.table, weights_hash(module))
    return BoundTeacher(source.name, teacher.sampling, module, device, facts)


def refuse_unfit(teacher: BoundTeacher, need: Need, unit: Unit) -> None:
    """Refuse a teacher of objects that is asked about anything else than units that a task reads.

    Raises:
        PluginError: It cannot answer.
    """
    if teacher.sampling.unit == "object" and (need.at or need.frames > 1 or unit == "frame"):
        raise PluginError(
            f"The teacher {teacher.name!r} sees objects, so it answers for their own frame.",
            "Bind a teacher of whole frames, or ask about objects with at = 0 and frames = 1.",
        )


def weights_hash(module: nn.Module) -> str:
    """A hash of a module's parameters and buffers."""
    digest = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _texts(need: Need, card: TeacherCard) -> dict[str, Any]:
    """The option in which a teacher that reads takes its texts."""
    if need.texts and "texts" not in {option.name for option in fields(card.config)}:
        raise PluginError(
            f"The teacher {card.name!r} cannot read, but is asked about {need.texts[0]!r}.",
            f"Bind a teacher with the option `texts` to the role {need.role!r}.",
        )
    return {"texts": list(need.texts)} if need.texts else {}

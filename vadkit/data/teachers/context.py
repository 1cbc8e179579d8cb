"""Context: what teachers say about units, asked once for each frame and kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from vadkit.data.data_module import PreparedData
from vadkit.data.dataset import Split
from vadkit.data.store.video_shards import Told
from vadkit.data.teachers.bound_teacher import BATCH, BoundTeacher, bind_teacher
from vadkit.data.teachers.output_files import Answers, Rows
from vadkit.data.teachers.outputs import Answered, Asked, AskedOfFrames, AskedOfUnits
from vadkit.data.units import Units
from vadkit.errors import DataError, PluginError
from vadkit.recipe import Recipe
from vadkit.registry.cards import Need, Sampling, Unit
from vadkit.registry.registry import Registry
from vadkit.utils.cache_dir import cache_home
from vadkit.utils.hashing import hash_of

REVISION = 2
"""Raised when the same teacher would be shown something else, or answer in other files."""

MAPS = ("segmentation", "depth", "flow")
"""Roles whose answers are maps of the whole frame, cut to the unit's box."""


class ContextStore:
    """Looks up, for any units, what the recipe's teachers say about them.

    Args:
        data: Where the units and their videos are.
        recipe: Binds teachers to roles.
        registry: Where teachers come from.
        device: Where they run, and where answers are handed out.
        home: Folder of the caches; `VADKIT_HOME` or the platform's where not given.
        progress: Told which answers are being made: (what, videos done, videos).
    """

    def __init__(
        self,
        data: PreparedData,
        recipe: Recipe,
        registry: Registry,
        *,
        device: torch.device | str = "cpu",
        home: Path | None = None,
        progress: Told | None = None,
    ) -> None:
        self._data, self._recipe, self._registry = data, recipe, registry
        self._device, self._root = torch.device(device), cache_home(home) / "context"
        self._told = progress or (lambda *_: None)
        self._teachers: dict[tuple[str, tuple[str, ...]], BoundTeacher] = {}
        self._asked: dict[tuple[str, Split, Need], Asked] = {}

    def samplings(self, role: str, needs: Iterable[Need]) -> list[Sampling]:
        """What `PreparedData.require` has to make, for teachers of objects."""
        read = (self._teacher(need).sampling for need in needs)
        return [replace(sampling, role=role) for sampling in read if sampling.unit == "object"]

    def facts(self, needs: Iterable[Need]) -> list[object]:
        """JSON values of all that decides the answers to these needs, but for the videos."""
        return [[need.role, need.texts, self._teacher(need).facts] for need in needs]

    def shapes(
        self, sampling: Sampling, split: Split, needs: Iterable[Need]
    ) -> dict[str, tuple[int, ...]]:
        """`Need.key` -> shape of the answer without B: what heads are built for.

        Raises:
            DataError: There is no unit to answer for.
        """
        units, first = self._data.units(sampling, split), torch.zeros(1, dtype=torch.int64)
        if not len(units):
            raise DataError(
                f"No {sampling.unit} was found in the {split} videos of {sampling.role!r}.",
                "Look at the detector's boxes and rules under [objects].",
            )
        found = {
            need.key: self.lookup(sampling.role, split, need, units, first, unit=sampling.unit)
            for need in needs
        }
        return {key: tuple(answer.shape[1:]) for key, answer in found.items()}

    def lookup(
        self,
        role: str,
        split: Split,
        need: Need,
        units: Units,
        index: Tensor,
        *,
        unit: Unit = "object",
    ) -> Tensor:
        """The answers (B, ...) for the units `index` (B,) of a data role.

        Frames beyond a video's ends count as its first and last. Maps are cut to the units' boxes
        and resized to cubes or whole frames; flow stays in pixels of the video.

        Raises:
            PluginError: Nobody answers the need, or not like this.
            DataError: The answers for two videos differ in shape.
        """
        asked, rows = self._answered(role, split, need, units), index.cpu().numpy()
        size = self._data.cube_size if unit == "object" else self._data.frame_size
        order = np.argsort(units.video[rows], kind="stable")
        steps = np.flatnonzero(np.diff(units.video[rows[order]])) + 1
        found = [self._of_video(asked, need, part, size) for part in np.split(rows[order], steps)]
        if len({answers.shape[1:] for answers in found}) > 1:
            raise DataError(
                f"The answers for {need.role!r} of {role} differ in shape from video to video.",
                "Its teacher asks for videos of one size.",
            )
        return torch.cat(found)[torch.from_numpy(np.argsort(order))].to(self._device)

    def asked(self, role: str, split: Split, need: Need, units: Units) -> Asked:
        """What a need asks about these units, and the answers so far.

        Raises:
            PluginError: Nobody answers the need, or not like this.
        """
        teacher = self._teacher(need)
        what = f"{need.role} of {role} {split}"
        folder = self._root / self._key(role, split, teacher)
        if teacher.sampling.unit == "object":
            return AskedOfUnits(what, folder, units, self._show(role, split, need))
        return AskedOfFrames(what, folder, units, need, self._watch(role, split, teacher))

    def _of_video(self, asked: Asked, need: Need, rows: Rows, size: tuple[int, int]) -> Tensor:
        """(rows, ...): the answers for units of one video."""
        units, video = asked.units, int(asked.units.video[rows[0]])
        answers = torch.from_numpy(asked.of_video(video, rows))
        if need.role not in MAPS or self._teacher(need).sampling.unit == "object":
            return answers
        height, width = units.sizes[video]
        boxes = units.boxes[rows, :4] / np.array([width, height] * 2, np.float32)
        return cut_maps(answers, torch.from_numpy(boxes), size)

    def _teacher(self, need: Need) -> BoundTeacher:
        asked = need.role, need.texts
        if asked not in self._teachers:
            self._teachers[asked] = bind_teacher(need, self._recipe, self._registry, self._device)
        return self._teachers[asked]

    def _answered(self, role: str, split: Split, need: Need, units: Units) -> Asked:
        """The answers, with all that these units will ever ask for."""
        known = self._asked.get((role, split, need))
        if known is None or known.units is not units:
            known = self.asked(role, split, need, units)
            known.answer_missing(self._told)
            self._asked[role, split, need] = known
        return known

    def _watch(
        self, role: str, split: Split, teacher: BoundTeacher
    ) -> Callable[[int, Rows], Answered]:
        videos, channels = self._data.dataset(role).videos(split), self._data.channels
        return lambda number, rows: teacher.watch(videos[number].path, rows, channels)

    def _show(self, role: str, split: Split, need: Need) -> Callable[[Rows], Iterator[Answers]]:
        teacher, device = self._teacher(need), self._device
        if need.at or need.frames > 1:
            raise PluginError(
                f"The teacher {teacher.name!r} sees objects, so it answers for their own frame.",
                "Bind a teacher of whole frames, or ask with at = 0 and frames = 1.",
            )
        read = [replace(teacher.sampling, role=role)]

        def show(rows: Rows) -> Iterator[Answers]:
            of = torch.from_numpy(rows)
            for batch in self._data.loader(read, split, BATCH, seed=None, device=device, rows=of):
                yield teacher.answer(batch.clips[:, 0])

        return show

    def _key(self, role: str, split: Split, teacher: BoundTeacher) -> str:
        facts: list[object] = [REVISION, split, self._data.channels, teacher.facts]
        if teacher.sampling.unit == "object":
            facts.append(self._data.fingerprint([replace(teacher.sampling, role=role)]))
        else:
            facts.append(self._data.dataset(role).fingerprint())
        return hash_of(facts)


def cut_maps(maps: Tensor, boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Cut boxes out of maps and resize them, bilinearly.

    Args:
        maps: (B, K, H, W).
        boxes: (B, 4) x1, y1, x2, y2 as shares of the frame's width and height.
        size: Height and width of the answer (B, K, *size).
    """
    low, high = boxes[:, :2], boxes[:, 2:]
    zoom, centre = high - low, high + low - 1  # in the sampling grid's [-1, 1]
    turn = torch.cat([torch.diag_embed(zoom), centre[:, :, None]], dim=2)  # (B, 2, 3)
    grid = F.affine_grid(turn, [len(maps), 1, *size], align_corners=False)
    return F.grid_sample(maps, grid, padding_mode="border", align_corners=False)

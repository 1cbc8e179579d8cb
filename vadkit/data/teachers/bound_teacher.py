"""Teachers at work: bound by the recipe, shown the frames of a video."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vadkit.data.crops import Cutting, Image, windows
from vadkit.data.detection import read
from vadkit.data.teachers.output_files import Rows
from vadkit.data.video.open_video import open_video
from vadkit.errors import NumericError, PluginError
from vadkit.recipe import Recipe
from vadkit.registry.cards import Need, Sampling, TeacherCard
from vadkit.registry.isolation import blamed
from vadkit.registry.registry import Registry
from vadkit.teacher import Teacher

BATCH = 8
"""Clips of whole frames that a teacher sees at once."""


@dataclass(frozen=True)
class BoundTeacher:
    """A teacher that the recipe binds to a role."""

    name: str
    sampling: Sampling
    module: Teacher[Any]
    device: torch.device
    facts: tuple[Any, ...]
    """JSON values of all that decides its answers."""

    def answer(self, clips: Tensor) -> NDArray[np.float32]:
        """Answer (B, ...) for clips (B, C, T, H, W) in [0, 1].

        Raises:
            NumericError: An answer is not finite.
            PluginError: The teacher fails.
        """
        with torch.inference_mode(), blamed("teacher", self.name, "forward"):
            found = self.module(clips.to(self.device))
        if not found.isfinite().all():
            raise NumericError(f"The teacher {self.name!r} answers with NaN or infinity.")
        numbers: NDArray[np.float32] = found.float().cpu().numpy()
        return numbers

    def watch(
        self, path: Path, rows: Rows | None, channels: int
    ) -> Iterator[tuple[Rows, NDArray[np.float32]]]:
        """Answer for these frames of a video, or for all; only a window is held at a time."""
        cutting = Cutting("frame", self.sampling.offsets, (0, 0), channels)
        around = windows(read(open_video(path), Counter()), cutting)
        frames = ((seen.frame.index, images) for seen, images in around)
        wanted = None if rows is None else set(rows.tolist())
        picked = (of for of in frames if wanted is None or of[0] in wanted)
        while batch := list(islice(picked, BATCH)):
            clips = torch.stack([_clip(images) for _, images in batch])
            yield np.array([index for index, _ in batch]), self.answer(clips.float() / 255)


def bind_teacher(
    need: Need, recipe: Recipe, registry: Registry, device: torch.device
) -> BoundTeacher:
    """Create the teacher that a recipe binds to a need's role, to be asked the need's texts.

    Raises:
        PluginError: None is bound, or one of another role, or one that cannot read.
        DataError: Its weights cannot be used.
    """
    role = need.role
    able = [card.name for card in registry.cards("teacher") if _fills(card, role)]
    source = recipe.teachers.get(role)
    if source is None:
        hint = f"Bind one in the recipe: [teachers] {role} = {{ name = ... }}; able are {able}."
        raise PluginError(f"No teacher is bound to the role {role!r}.", hint)
    card = registry.card("teacher", source.name)
    if not isinstance(card, TeacherCard) or card.role != role:
        raise PluginError(f"The teacher {source.name!r} cannot fill {role!r}.", f"Able are {able}.")
    options = source.options | _texts(need, card)
    module = registry.create("teacher", source.name, options).to(device).eval()
    origin = registry.source("teacher", source.name)
    said = {**source.model_dump(mode="json"), **options}
    facts = (origin, card.revision, said, weights_hash(module))
    sampling = card.sampling(registry.options(card, options))
    return BoundTeacher(source.name, sampling, module, device, facts)


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


def _fills(card: object, role: str) -> bool:
    return isinstance(card, TeacherCard) and card.role == role


def _clip(images: list[Image]) -> Tensor:
    """T images (H, W, C) -> (C, T, H, W)."""
    return torch.from_numpy(np.stack(images)).permute(3, 0, 1, 2)

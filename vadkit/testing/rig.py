"""A bench for one task: random data as its card asks for, a small backbone, its own head."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from vadkit.errors import PluginError
from vadkit.nn.backbones.unet import UNet
from vadkit.nn.heads import Shapes
from vadkit.registry.builtin import UNetConfig
from vadkit.registry.cards import Need, Sampling, TaskCard
from vadkit.task import Batch, Task, Views
from vadkit.utils.rng import generator, seeded

ROLES = {
    "scene": (24,),
    "segmentation": (6, 0, 0),
    "flow": (2, 0, 0),
    "depth": (1, 0, 0),
    "pose": (17, 12, 12),
    "detector": (80,),
    "imagenet": (64,),
    "clip": (32,),
}
"""Teacher role -> shape of an answer on the bench; 0 stands for the clip's own side."""


@dataclass(frozen=True)
class Case:
    """The kind of data a task is tried on."""

    batch: int
    channels: int
    size: tuple[int, int]

    def filled(self, sampling: Sampling, needs: tuple[Need, ...], seed: int) -> Batch:
        """A random batch as the sampling and the needs ask for."""
        rng = generator("case", seed)
        n, windows, frames = self.batch, sampling.windows, sampling.frames
        clips = torch.rand(n, windows, self.channels, frames, *self.size, generator=rng)
        answers = {need.key: torch.rand(n, *self.answer(need), generator=rng) for need in needs}
        return Batch(clips, answers, torch.arange(n) % 2 if sampling.labels else None)

    def answer(self, need: Need) -> tuple[int, ...]:
        """Shape of a teacher's answer without B."""
        if need.role not in ROLES:
            known = ", ".join(ROLES)
            raise PluginError(f"No teacher has the role {need.role!r}; known are {known}.")
        if need.texts:
            return (len(need.texts),)
        sides = iter(self.size)
        return tuple(length or next(sides) for length in ROLES[need.role])


class Rig:
    """A task on a small backbone, both made anew and always alike.

    Args:
        card: The task's card; what it loads is imported here.
        config: Its options.
        case: What to try it on.
    """

    def __init__(self, card: TaskCard, config: Any, case: Case) -> None:
        self.card, self.config, self.case = card, config, case
        self.task = _loaded(card)(config)
        needs = (*card.needs(config), *card.needs_to_score(config))
        context = {need.key: case.answer(need) for need in needs}
        with seeded("rig"):
            self.backbone = UNet(UNetConfig(width=8), case.channels)
            sides = self.backbone.widths, self.backbone.strides
            self.head = self.task.head(Shapes(case.channels, case.size, *sides, context))

    def batch(self, training: bool, seed: int = 0) -> Batch:
        """What the card asks for when training, or when scoring."""
        card, config = self.card, self.config
        if not training:
            return self.case.filled(card.reads_to_score(config), card.needs_to_score(config), seed)
        main, *others = card.reads(config)
        beside = {other.role: self.case.filled(other, (), seed + 1) for other in others}
        return replace(self.case.filled(main, card.needs(config), seed), beside=beside)

    def views(self, training: bool, seed: int = 0) -> Views:
        """The task's views of a batch; the seed is that of its random numbers."""
        return self.task.views(self.batch(training), generator("rig", seed), training)

    def outputs(self, views: Views) -> dict[str, Tensor]:
        """What backbone and head make of the views."""
        head, out = self.head, {}
        for name, clip in views.inputs.items():
            own = head[name] if isinstance(head, nn.ModuleDict) else head
            out[name] = own(self.backbone(clip), views.context).float()
        return out

    def loss(self) -> dict[str, Tensor]:
        """The terms of one training step."""
        views = self.views(training=True)
        return self.task.loss(self.outputs(views), views.targets)

    @torch.no_grad()
    def score(self, batch: Batch) -> dict[str, Tensor]:
        """The task's scores, in evaluation mode."""
        self.backbone.eval()
        self.head.eval()
        return self.task.infer(self.outputs, batch, generator("rig"))


def _loaded(card: TaskCard) -> type[Task[Any]]:
    module, _, name = card.load.partition(":")
    found: type[Task[Any]] = getattr(import_module(module), name)
    return found

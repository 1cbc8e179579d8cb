"""A bench for one task: data as its card asks for, a small backbone, its own head."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from vadkit.data.clip_tensors import split_windows
from vadkit.errors import PluginError
from vadkit.nn.backbone import Backbone
from vadkit.nn.forward import forward_views
from vadkit.nn.heads import Shapes
from vadkit.registry.cards import Corruption, Need, Sampling, TaskCard
from vadkit.registry.registry import load_plugins
from vadkit.task import Batch, Task, Views
from vadkit.testing.scenes import noise_clips, scenes
from vadkit.training.optim import parameter_tables
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

LEARNING_RATE = 3e-3

Fill = Callable[[Sampling, tuple[Need, ...], int], Batch]
"""Makes a batch as a sampling and needs ask for, from a seed."""


@dataclass(frozen=True)
class Case:
    """The kind of data a task is tried on."""

    batch: int
    channels: int
    size: tuple[int, int]

    def noise(self, sampling: Sampling, needs: tuple[Need, ...], seed: int) -> Batch:
        """A batch of random numbers, teachers' answers too."""
        rng = generator("case", seed)
        frames = len(sampling.offsets)
        clips = torch.rand(self.batch, self.channels, frames, *self.size, generator=rng)
        answers = {
            need.key: torch.rand(self.batch, *self.answer(need), generator=rng) for need in needs
        }
        return self._batch(clips, sampling, answers)

    def scenes(
        self,
        sampling: Sampling,
        needs: tuple[Need, ...],
        seed: int,
        corruption: Corruption | None = None,
    ) -> Batch:
        """A batch of scenes; where they have labels, every second one is noisy.

        Data roles but the target show another world. Teachers' answers are drawn from a unit's
        middle frame. A corruption is done to the target's units.
        """
        shape = self.batch, self.channels, *self.size
        if sampling.labels:
            clips = scenes(shape, sampling, seed)
            clips[1::2] = scenes(shape, sampling, seed, "noise")[1::2]
        elif sampling.role != "target":
            clips = noise_clips(shape, sampling, seed)
        else:
            clips = scenes(shape, sampling, seed, corruption)
        middle = clips[:, :, clips.shape[2] // 2]  # (B, C, H, W)
        answers = {need.key: self._drawn_from(middle, need) for need in needs}
        return self._batch(clips, sampling, answers)

    def answer(self, need: Need) -> tuple[int, ...]:
        """Shape of a teacher's answer without B."""
        if need.role not in ROLES:
            raise PluginError(
                f"No teacher has the role {need.role!r}; the roles are {', '.join(ROLES)}."
            )
        if need.texts:
            return (len(need.texts),)
        sides = iter(self.size)
        return tuple(length or next(sides) for length in ROLES[need.role])

    def _drawn_from(self, images: Tensor, need: Need) -> Tensor:
        """(B, C, H, W) -> a fixed answer (B, ...) in [0, 1] to what each image shows."""
        shape = self.answer(need)
        maps = len(shape) > 1
        size = shape[1:] if maps else (4, 4)
        grey = torch.nn.functional.interpolate(images.mean(1, keepdim=True), size, mode="area")
        rng = generator("teacher", need.role)
        if maps:
            # (B, 1, h, w) -> (B, K, h, w)
            return (grey * torch.randn(shape[0], 1, 1, generator=rng)).sigmoid()
        # (B, 1, 4, 4) -> (B, D)
        return ((grey.flatten(1) - 0.5) * 4 @ torch.randn(16, *shape, generator=rng)).sigmoid()

    def _batch(self, clips: Tensor, sampling: Sampling, answers: dict[str, Tensor]) -> Batch:
        labels = torch.arange(self.batch) % 2 if sampling.labels else None
        return Batch(split_windows(clips, sampling), answers, labels, cube_size=self.size)


class Rig:
    """A task on a small backbone, both made anew and always alike for a seed."""

    def __init__(self, card: TaskCard, config: Any, case: Case, seed: int = 0) -> None:
        self.card, self.config, self.case = card, config, case
        self.task = _loaded(card)(config)
        needs = (*card.needs(config), *card.needs_to_score(config))
        context = {need.key: case.answer(need) for need in needs}
        with seeded("rig", seed):
            self.backbone: Backbone[Any] = _installed().create(
                "backbone", "unet", {"width": 8}, case.channels
            )
            sides = self.backbone.widths, self.backbone.strides
            self.head = self.task.head(Shapes(case.channels, case.size, *sides, context))

    def batch(self, training: bool, seed: int = 0, fill: Fill | None = None) -> Batch:
        """What the card asks for when training, or when scoring; random numbers unless filled."""
        card, config, fill = self.card, self.config, fill or self.case.noise
        if not training:
            return fill(card.reads_to_score(config), card.needs_to_score(config), seed)
        main, *others = card.reads(config)
        beside = {other.role: fill(other, (), seed + 1) for other in others}
        return replace(fill(main, card.needs(config), seed), beside=beside)

    def views(self, training: bool, seed: int = 0) -> Views:
        """The task's views of a batch; the seed is that of its random numbers."""
        return self.task.views(self.batch(training), generator("rig", seed), training)

    def outputs(self, views: Views) -> dict[str, Tensor]:
        """What backbone and head make of the views."""
        frozen = self.card.backbone_lr == 0
        passed = forward_views(self.backbone, self.head, views.inputs, views.context, frozen=frozen)
        return passed.outputs

    def forget_statistics(self) -> None:
        """Let batch norm's running statistics begin anew, as means over what is seen from now."""
        for module in (*self.backbone.modules(), *self.head.modules()):
            if isinstance(module, nn.BatchNorm2d):
                module.reset_running_stats()
                module.momentum = None

    @torch.no_grad()
    def outputs_of(self, training: bool) -> dict[str, Tensor]:
        """The outputs of a batch, in evaluation mode."""
        self.backbone.eval()
        self.head.eval()
        return self.outputs(self.views(training))

    def loss(self, batch: Batch | None = None, seed: int = 0) -> dict[str, Tensor]:
        """The terms of one training step; on random numbers where no batch is passed."""
        batch = batch or self.batch(training=True)
        views = self.task.views(batch, generator("rig", seed), training=True)
        return self.task.loss(self.outputs(views), views.targets)

    def train(self, batch: Batch, seeds: Iterable[int], *, heads: bool = True) -> None:
        """Take a step for each seed of views, as the core does: the backbone at the card's rate."""
        moved = list(self.head.parameters()) if heads else []
        backbone = list(self.backbone.parameters())
        tables = parameter_tables(moved, backbone, LEARNING_RATE, self.card.backbone_lr)
        optimizer = torch.optim.Adam([table for table in tables if table["params"]])
        for seed in seeds:
            optimizer.zero_grad()
            torch.stack(list(self.loss(batch, seed).values())).sum().backward()
            optimizer.step()

    @torch.no_grad()
    def mean_loss(self, batch: Batch, seeds: range) -> float:
        """The loss as a step sees it, the mean over the seeds."""
        terms = [term for seed in seeds for term in self.loss(batch, seed).values()]
        return float(torch.stack(terms).sum()) / len(seeds)

    @torch.no_grad()
    def score(self, batch: Batch) -> dict[str, Tensor]:
        """The task's scores, in evaluation mode."""
        self.backbone.eval()
        self.head.eval()
        return self.task.infer(self.outputs, batch, generator("rig"))


def equal(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> bool:
    """Whether every tensor of the first is the second's of the same name, bit for bit."""
    return all(torch.equal(value, second[name]) for name, value in first.items())


_installed = cache(load_plugins)


def _loaded(card: TaskCard) -> type[Task[Any]]:
    module, _, name = card.load.partition(":")
    task: type[Task[Any]] = getattr(import_module(module), name)
    return task

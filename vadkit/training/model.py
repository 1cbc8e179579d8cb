"""The model of a run: backbones, the heads of the tasks, and how a task's views pass through."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Generator, Tensor, nn

from vadkit.nn.backbone import Backbone
from vadkit.nn.forward import Passed, forward_views
from vadkit.nn.heads import Shapes
from vadkit.recipe import BoundRecipe, Phase, Recipe, TaskEntry
from vadkit.registry.isolation import blamed
from vadkit.task import Batch, Task, Views
from vadkit.utils.rng import seeded


@dataclass(frozen=True)
class Sizes:
    """What the data decide about a model."""

    channels: int
    """Colour channels of all clips."""
    cube: tuple[int, int]
    """Height and width of an object's cube."""
    frame: tuple[int, int]
    """Height and width of a whole frame."""
    context: Mapping[str, Mapping[str, tuple[int, ...]]]
    """Task -> `Need.key` -> shape of the answer without B."""


@dataclass(frozen=True, eq=False)
class Parts:
    """What a task scores with."""

    backbone: nn.Module
    head: nn.Module


class Model(nn.Module):
    """Backbones and heads by name; only the parts that exist so far.

    The tasks that will get a head are created by the caller; the recipe says what they read.
    """

    def __init__(self, bound: BoundRecipe, tasks: Mapping[str, Task[Any]], sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.tasks = {name: bound.tasks[name] for name in tasks}
        self.instances = tasks
        self.heads = nn.ModuleDict()
        self._trunks: dict[str, dict[str, nn.Module]] = {}
        with seeded(bound.recipe.seed, "backbones"):
            backbones = {
                name: _channels_last(backbone.create(sizes.channels))
                for name, backbone in bound.backbones.items()
            }
            self.backbones = nn.ModuleDict(backbones)

    def begin(self, phase: Phase, seed: int, number: int) -> None:
        """Give every task of a phase its head: carried from an earlier phase, or new."""
        carried = {e.name for e in phase.tasks if phase.heads == "carry" and e.name in self.heads}
        shared: dict[str, dict[str, nn.Module]] = {}
        for entry in phase.tasks:
            if entry.name in carried:
                shared.setdefault(entry.backbone, {}).update(self._trunks[entry.name])
        with seeded(seed, "heads", number):
            for entry in phase.tasks:
                if entry.name not in carried:
                    trunks = shared.setdefault(entry.backbone, {}) if phase.share else {}
                    self._build(entry, trunks)

    def _build(self, entry: TaskEntry, trunks: dict[str, nn.Module]) -> None:
        backbone, unit = self.backbone(entry.name), self.tasks[entry.name].samplings[0].unit
        shapes = Shapes(
            channels=self.sizes.channels,
            size=self.sizes.cube if unit == "object" else self.sizes.frame,
            widths=backbone.widths,
            strides=backbone.strides,
            context=self.sizes.context.get(entry.name, {}),
            trunks=trunks,
        )
        with blamed("task", entry.name, "head"):
            self.heads[entry.name] = _channels_last(self.instances[entry.name].head(shapes))
        self._trunks[entry.name] = trunks

    def backbone(self, task: str) -> Backbone[Any]:
        """The backbone that a task uses."""
        backbone: Backbone[Any] = self.backbones[self.tasks[task].backbone]  # type: ignore[assignment]
        return backbone

    def parts(self, task: str) -> Parts:
        """A copy of what a task uses, which shares nothing with that of other tasks."""
        return Parts(copy.deepcopy(self.backbone(task)), copy.deepcopy(self.heads[task]))

    def separate(self, parts: Mapping[str, Parts]) -> None:
        """Have only these tasks, each with a head and a backbone of its own, of the task's name."""
        self.tasks |= {task: replace(self.tasks[task], backbone=task) for task in parts}
        self.backbones = nn.ModuleDict({task: of.backbone for task, of in parts.items()})
        self.heads = nn.ModuleDict({task: of.head for task, of in parts.items()})

    def outputs(self, task: str, views: Views, *, frozen: bool = False) -> Passed:
        """Pass every view through backbone and head; `frozen` spares the backbone's gradient."""
        backbone, head = self.backbone(task), self.heads[task]
        return forward_views(backbone, head, views.inputs, views.context, frozen=frozen)

    def infer(self, task: str, batch: Batch, rng: Generator) -> dict[str, Tensor]:
        """The task's scores (B,) of a batch."""
        with blamed("task", task, "infer"):
            proxy = self.instances[task]
            return proxy.infer(lambda views: self.outputs(task, views).outputs, batch, rng)


def _channels_last(module: nn.Module) -> nn.Module:
    """Keep the weights of 2D convolutions in the order that is a fifth faster to train."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            part.weight.data = part.weight.data.contiguous(memory_format=torch.channels_last)
    return module


@contextmanager
def precision(recipe: Recipe, device: torch.device) -> Iterator[None]:
    """Run in bfloat16 where the recipe asks for it, or where the processor is made for it."""
    of_cpu = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)
    supported = {"cuda": torch.cuda.is_bf16_supported, "cpu": of_cpu}.get(device.type, bool)
    bf16 = recipe.precision == "bf16" or (recipe.precision == "auto" and supported())
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        yield

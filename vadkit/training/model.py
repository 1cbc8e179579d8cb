"""The model of a run: backbones, the heads of the tasks, and how a task's views pass through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn

from vadkit.nn.backbones import Backbone
from vadkit.nn.heads import Shapes
from vadkit.recipe import Phase, Recipe, TaskEntry
from vadkit.recipe.task_specs import DeclaredTask
from vadkit.registry.isolation import blamed
from vadkit.registry.registry import Registry
from vadkit.task import Batch, Task, Views
from vadkit.utils.rng import seeded

MAIN = "main"
"""Name of the backbone that a task uses unless its entry says otherwise."""


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


class Passed(NamedTuple):
    """What passing a task's views through backbone and head gave."""

    outputs: dict[str, Tensor]
    """View -> what the head made of it."""
    terms: dict[str, Tensor]
    """Loss terms of the backbone's own, each the mean over the views."""


class Model(nn.Module):
    """Backbones and heads by name; only the parts that exist so far.

    Args:
        recipe: Names the backbones and the tasks with their options.
        tasks: The tasks that will get a head.
        registry: Where backbones come from.
        sizes: What the data decide.
    """

    def __init__(
        self, recipe: Recipe, tasks: Mapping[str, ProxyTask], registry: Registry, sizes: Sizes
    ) -> None:
        super().__init__()
        self.sizes = sizes
        self.tasks = tasks
        self.heads = nn.ModuleDict()
        self._trunks: dict[str, dict[str, nn.Module]] = {}
        with seeded(recipe.seed, "backbones"):
            sources = {MAIN: recipe.backbone, **recipe.backbones}
            self.backbones = nn.ModuleDict(
                {
                    name: _channels_last(
                        registry.create("backbone", source.name, source.options, sizes.channels)
                    )
                    for name, source in sources.items()
                }
            )

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
        proxy, backbone = self.tasks[entry.name], self.backbone(entry.name)
        unit = proxy.samplings[0].unit
        shapes = Shapes(
            channels=self.sizes.channels,
            size=self.sizes.cube if unit == "object" else self.sizes.frame,
            widths=backbone.widths,
            strides=backbone.strides,
            context=self.sizes.context.get(entry.name, {}),
            trunks=trunks,
        )
        with blamed("task", entry.name, "head"):
            self.heads[entry.name] = _channels_last(proxy.task.head(shapes))
        self._trunks[entry.name] = trunks

    def backbone(self, task: str) -> Backbone[Any]:
        """The backbone that a task uses."""
        found: Backbone[Any] = self.backbones[self.tasks[task].backbone]  # type: ignore[assignment]
        return found

    def outputs(self, task: str, views: Views, *, frozen: bool = False) -> Passed:
        """Pass every view through backbone and head; `frozen` spares the backbone's gradient."""
        head, out, terms = self.heads[task], {}, []
        for name, clip in views.inputs.items():
            with torch.set_grad_enabled(torch.is_grad_enabled() and not frozen):
                features = self.backbone(task)(clip)
            own = head[name] if isinstance(head, nn.ModuleDict) else head
            out[name] = own(features, views.context).float()
            terms.append(features.terms)
        return Passed(out, _means(terms))

    def infer(self, task: str, batch: Batch, rng: Generator) -> dict[str, Tensor]:
        """The task's scores (B,) of a batch."""
        with blamed("task", task, "infer"):
            proxy = self.tasks[task].task
            return proxy.infer(lambda views: self.outputs(task, views).outputs, batch, rng)


class ProxyTask(DeclaredTask):
    """A task of a recipe, created with its options."""

    def __init__(self, name: str, recipe: Recipe, registry: Registry) -> None:
        super().__init__(name, recipe, registry)
        self.task: Task[Any] = registry.create("task", name, recipe.tasks.get(name, {}))
        self.backbone = next(
            (e.backbone for phase in recipe.phase for e in phase.tasks if e.name == name), MAIN
        )


def proxy_tasks(names: Iterable[str], recipe: Recipe, registry: Registry) -> dict[str, ProxyTask]:
    """Create tasks with the recipe's options, each once."""
    return {name: ProxyTask(name, recipe, registry) for name in names}


def _means(terms: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    names = terms[0] if terms else ()
    return {name: torch.stack([of[name] for of in terms]).mean() for name in names}


def _channels_last(module: nn.Module) -> nn.Module:
    """Keep the weights of 2D convolutions in the order that is a fifth faster to train."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            part.weight.data = part.weight.data.contiguous(memory_format=torch.channels_last)
    return module


@contextmanager
def precision(recipe: Recipe, device: torch.device) -> Iterator[None]:
    """Run in bfloat16 where the recipe asks for it, or where the processor is made for it."""
    wanted = recipe.precision == "bf16" or (recipe.precision == "auto" and _has_bf16(device))
    with torch.autocast(device.type, torch.bfloat16, enabled=wanted):
        yield


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return device.type == "cpu" and getattr(torch.cpu, "_is_avx512_bf16_supported", bool)()

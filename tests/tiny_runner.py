"""A phase runner on the tiny world, without a run folder."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from vadkit.data.data_module import PreparedData
from vadkit.recipe import load_recipe
from vadkit.registry.registry import Registry
from vadkit.training.model import Model, Sizes
from vadkit.training.trainer import PhaseRunner, Terms
from vadkit.utils.progress import Progress


class Counted(Progress):
    """Notes what it is told."""

    def __init__(self) -> None:
        super().__init__(io.StringIO(), plain=True)
        self.epochs: list[tuple[int, int]] = []
        self.units: list[int] = []
        self.unit = ""

    def epoch(self, number: int, steps: int, unit: str = "cubes") -> None:
        self.epochs.append((number, steps))
        self.unit = unit
        super().epoch(number, steps, unit)

    def step(self, terms: Mapping[str, float], units: int, waited_s: float, step_s: float) -> None:
        self.units.append(units)
        super().step(terms, units, waited_s, step_s)


def tiny_runner(path: Path, registry: Registry, *sets: str) -> PhaseRunner:
    """A runner for a recipe of tasks that need no teacher."""
    bound = load_recipe(path, sets, registry=registry)
    tasks = {name: bound.tasks[name].create() for name in bound.trained_tasks}
    data = PreparedData(bound)
    cuttings = data.prepared.cuttings
    sizes = Sizes(1, cuttings.size("object"), cuttings.size("frame"), {})
    model = Model(bound, tasks, sizes)
    return PhaseRunner(model, data, bound, torch.device("cpu"), Counted(), lambda: None)


def train(runner: PhaseRunner, number: int = 1) -> list[Terms]:
    """Train a phase of the recipe; its loss terms, an epoch after the other."""
    told: list[Terms] = []
    runner.train(runner.recipe.phase[number - 1], number, lambda epoch: told.append(epoch.terms))
    return told


def state(module: torch.nn.Module) -> dict[str, Tensor]:
    """A copy of parameters and buffers."""
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def weights(module: torch.nn.Module) -> dict[str, Tensor]:
    """A copy of what is learned: parameters without buffers."""
    return {name: of.detach().clone() for name, of in module.named_parameters()}


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Whether all are equal, bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)

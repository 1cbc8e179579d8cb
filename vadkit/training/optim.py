"""Update groups: the tasks of a phase whose backbone rates agree take one step together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from vadkit.recipe.schema import Optim, Phase, TaskEntry
from vadkit.training.model import Model

_OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
}


@dataclass
class Group:
    """Tasks that step together.

    A negative factor lets the backbone ascend while the heads descend ([002] T5): torch refuses a
    negative rate, and a scaled gradient means nothing to Adam, so the backbone's parameters are
    maximised at the rate `lr·|factor|`.
    """

    entries: list[TaskEntry]
    factor: float
    optimizer: torch.optim.Optimizer
    rates: list[float]
    losses: Callable[..., list[Mapping[str, Tensor]]] = field(init=False)
    """The forward pass of the active tasks, which gives the loss terms of each; the runner's."""

    @property
    def weights(self) -> list[nn.Parameter]:
        """What is updated."""
        return [weight for table in self.optimizer.param_groups for weight in table["params"]]

    @property
    def frozen(self) -> bool:
        """Whether the backbone's weights stay as they are; its running statistics may follow."""
        return self.factor == 0

    def active(self, epoch: int) -> list[TaskEntry]:
        """The tasks that have joined by an epoch, from 1."""
        return [entry for entry in self.entries if epoch >= entry.from_epoch]

    def step(self, loss: Tensor, share: float) -> None:
        """Step down a loss, with every rate at a share of its start."""
        for parameters, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            parameters["lr"] = rate * share
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()


def groups(model: Model, phase: Phase, optim: Optim) -> list[Group]:
    """One group for each factor on the backbone's rate, in order of appearance."""
    by_factor: dict[float, list[TaskEntry]] = {}
    for entry in phase.tasks:
        usual = model.tasks[entry.name].card.backbone_lr
        factor = usual if entry.backbone_lr is None else entry.backbone_lr
        by_factor.setdefault(factor, []).append(entry)
    return [_group(model, entries, s, phase, optim) for s, entries in by_factor.items()]


def _group(
    model: Model, entries: list[TaskEntry], factor: float, phase: Phase, optim: Optim
) -> Group:
    lr = phase.lr or optim.lr
    heads = _parameters(model.heads[e.name] for e in entries)
    backbones = _parameters(model.backbone(e.name) for e in entries)
    tables = parameter_tables(heads, backbones, lr, factor)
    make = _OPTIMIZERS[optim.name]
    optimizer = make(tables, lr=lr, weight_decay=optim.weight_decay, fused=True)
    return Group(entries, factor, optimizer, [table["lr"] for table in optimizer.param_groups])


def parameter_tables(
    heads: list[nn.Parameter], backbones: list[nn.Parameter], lr: float, factor: float
) -> list[dict[str, Any]]:
    """An optimizer's tables: heads descend, backbones do as `Group` says or are left out at 0."""
    tables: list[dict[str, Any]] = [{"params": heads, "lr": lr}]
    if factor != 0:
        tables.append({"params": backbones, "lr": lr * abs(factor), "maximize": factor < 0})
    return tables


def _parameters(modules: Iterable[nn.Module]) -> list[nn.Parameter]:
    """Every parameter once, also where modules share trunks."""
    return list(dict.fromkeys(p for module in modules for p in module.parameters()))


def schedule(optim: Optim, epoch: float, epochs: int) -> float:
    """The share of the rate at a (fractional) epoch from 0; stateless, so a resume is exact.

    A re-fit of heads is a phase and goes through it, too.
    """
    if optim.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * epoch / epochs))
    if optim.schedule == "step":
        return optim.gamma ** (epoch // optim.step_epochs)
    return 1.0

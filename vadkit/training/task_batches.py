"""The batches of a phase's tasks: each task reads its own units, over and over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from vadkit.data.batch_loader import Loader, Part
from vadkit.data.data_module import PreparedData
from vadkit.distributed.world import World
from vadkit.recipe import BoundRecipe, Phase, TaskEntry
from vadkit.training.optim import Group
from vadkit.training.task_loss import Place, TaskLoss

Batches = Mapping[str, Iterator[Part]]
"""Task -> its batches, without end."""


@dataclass(frozen=True)
class TaskBatches:
    """Reads what the tasks of a phase train on, this rank's share of it."""

    data: PreparedData
    bound: BoundRecipe
    device: torch.device
    world: World

    def epoch(self, phase: Phase, number: int, epoch: int) -> tuple[Batches, int]:
        """Endless batches for each task, and the steps in which the longest data are seen once."""
        loaders = {entry.name: self.loader(entry, (number, epoch)) for entry in phase.tasks}
        steps = max(len(loader) for loader in loaders.values())
        batches = {name: _endless(loader) for name, loader in loaders.items()}
        return batches, min(steps, phase.steps or steps)

    def loader(
        self, entry: TaskEntry, order: tuple[int | str, ...], *, held_out: bool = False
    ) -> Loader:
        """The units of a task in an order that follows from the seed and `order`."""
        task, recipe = self.bound.tasks[entry.name], self.bound.recipe
        loader = self.data.loader(
            task.samplings,
            "train",
            recipe.optim.batch,
            seed=(recipe.seed, *order),
            device=self.device,
            needs=task.needs,
            held_out=held_out,
        )
        return loader if held_out else loader.split(self.world.rank, self.world.size)

    def unit(self, phase: Phase) -> str:
        """What the tasks of a phase read, for the progress display."""
        units = {self.bound.tasks[entry.name].samplings[0].unit for entry in phase.tasks}
        return {"object": "cubes", "frame": "frames"}[units.pop()] if len(units) == 1 else "units"


def _endless(loader: Loader) -> Iterator[Part]:
    while True:
        yield from loader.parts()


def held_out_loss(
    groups: Sequence[Group], number: int, batches: TaskBatches, loss: TaskLoss
) -> float:
    """A phase's loss on what is held out, with the same batches and views each time.

    Of the tasks that the backbone is to be good at: for others it ascends. The model is left in
    evaluation mode.
    """
    loss.model.eval()
    tasks = [entry for group in groups for entry in group.entries if group.factor >= 0]
    return sum(entry.weight * _mean(entry, number, batches, loss) for entry in tasks)


@torch.no_grad()
def _mean(entry: TaskEntry, number: int, batches: TaskBatches, loss: TaskLoss) -> float:
    """The mean over all units of all ranks."""
    loader = batches.loader(entry, (number, "held out"), held_out=True)
    sums = torch.zeros(2, len(loader), dtype=torch.float64)  # losses, units
    for step, batch in loader.dealt(batches.world.rank, batches.world.size):
        terms = loss.terms(entry, batch, Place(number, 0, step), 0)
        units = len(batch.clips)
        sums[0, step] = torch.stack(list(terms.values())).sum().item() * units
        sums[1, step] = units
    total, units = (sum(row) for row in batches.world.sum(sums).tolist())
    return total / units

"""The loss on what is held out of the training videos: by it, the best epoch is chosen."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from vadkit.recipe import TaskEntry
from vadkit.training.optim import Group
from vadkit.training.task_batches import TaskBatches
from vadkit.training.task_loss import Place, TaskLoss


def held_out_loss(
    groups: Sequence[Group], number: int, batches: TaskBatches, loss: TaskLoss
) -> float:
    """A phase's loss on what is held out, with the same batches and views each time.

    Of the tasks that the backbone is to be good at: for others it ascends.

    Args:
        groups: The tasks of the phase.
        number: The phase, from 1.
        batches: Reads what is held out.
        loss: Computes the tasks' terms; its model is left in evaluation mode.
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

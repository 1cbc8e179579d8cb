"""Shards of what is scored: whole batches are dealt out to ranks, and their scores put in order.

A batch's random numbers depend on its number alone, so units get the same scores from the same
weights, bit for bit, on however many ranks.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.distributed.world import World

Scores = dict[str, NDArray[np.float32]]


def dealt(units: int, batch: int, rank: int, ranks: int) -> Tensor:
    """The numbers of the units in one rank's batches."""
    return torch.cat([torch.arange(0), *torch.arange(units).split(batch)[rank::ranks]])


def in_order(world: World, part: Tensor, batch: int) -> Tensor:
    """Every rank's values (n, ...), a row for each of its units, in the order of all units."""
    rows = world.gathered(part)
    numbers = [dealt(len(rows), batch, rank, world.size) for rank in range(world.size)]
    ordered = torch.empty_like(rows)
    ordered[torch.cat(numbers)] = rows
    return ordered


def collected(world: World, part: Mapping[str, NDArray[np.float32]], batch: int) -> Scores:
    """All units' scores (n,) by name, of those of the units in each rank's batches."""
    if world.size == 1:
        return dict(part)
    empty = np.empty(0, np.float32)  # a rank without a batch has no names either
    return {
        name: in_order(world, torch.from_numpy(part.get(name, empty)), batch).numpy()
        for name in world.names(part)
    }

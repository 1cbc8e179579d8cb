"""The loader: batches of clips, in a drawn order for training, in the units' own for scoring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from vadkit.data.clip_tensors import floats
from vadkit.data.store.store import Store
from vadkit.errors import DataError
from vadkit.registry.cards import Sampling
from vadkit.task import Batch
from vadkit.utils.rng import generator

Context = Callable[[Tensor], Mapping[str, Tensor]]
"""Rows of the units (B,) -> `Need.key` -> (B, ...)."""


@dataclass(frozen=True)
class Reading:
    """One sampling of one store."""

    store: Store
    sampling: Sampling
    rows: Tensor
    """(n,) units that may be read."""
    labels: Tensor | None = None
    """(units,) int64, if the sampling asks for them."""

    def order(self, seed: Sequence[int | str] | None) -> Tensor:
        """The rows as they are, or drawn by the seed and the role."""
        if seed is None:
            return self.rows
        rng = generator(*seed, "units", self.sampling.role)
        return self.rows[torch.randperm(len(self.rows), generator=rng)]

    def batch(self, rows: Tensor, device: torch.device, cube_size: tuple[int, int]) -> Batch:
        """Read the units; bytes become floats on the device."""
        return Batch(
            clips=floats(self.store.clips(rows, self.sampling), device),
            labels=None if self.labels is None else self.labels[rows].to(device),
            cube_size=cube_size,
        )


class Part(NamedTuple):
    """What one of several processes reads of a batch."""

    batch: Batch
    units: int
    """Of the whole batch."""
    weight: float
    """What the part counts in the mean over all processes: 1 if they read equally many units."""


class Loader:
    """Iterates over batches; each iteration gives the same ones again.

    Args:
        main: Its units are gone through once.
        beside: Read as many units at a time as the main one, again and again.
        batch: Units in a batch; the last may be smaller.
        seed: Decides the order; None goes through the units as they are.
        device: Where the batches go.
        cube_size: Height and width of the recipe's cubes.
        steps: Stop after so many batches.
        context: Teachers' answers for the main units.
    """

    def __init__(
        self,
        main: Reading,
        beside: Sequence[Reading],
        batch: int,
        *,
        seed: Sequence[int | str] | None,
        device: torch.device,
        cube_size: tuple[int, int],
        steps: int | None = None,
        context: Context | None = None,
    ) -> None:
        self._main, self._beside, self._context = main, beside, context
        self._batch, self._seed, self._steps = batch, seed, steps
        self._form = device, cube_size
        self._rank, self._ranks = 0, 1

    def split(self, rank: int, ranks: int) -> Loader:
        """The same batches, each split among so many processes; `parts` gives those of one.

        Raises:
            DataError: There are too few units for so many.
        """
        loader = copy(self)
        loader._rank, loader._ranks = rank, ranks
        if not len(loader):
            raise DataError(
                f"The data role {self._main.sampling.role!r} has {self.units} units to train on, "
                f"fewer than two for each of {ranks} processes.",
                "Start fewer processes.",
            )
        return loader

    @property
    def units(self) -> int:
        """How many units are gone through."""
        return len(self._main.rows)

    @property
    def skipped(self) -> int:
        """Units left out because their clip reaches beyond the video."""
        return len(self._main.store.units) - self.units

    def __len__(self) -> int:
        whole, rest = divmod(self.units, self._batch)
        # Batch statistics are undefined for a single unit.
        least = 1 if self._seed is None else 2 * self._ranks
        count = whole + (rest >= least)
        return count if self._steps is None else min(count, self._steps)

    def __iter__(self) -> Iterator[Batch]:
        return (batch for _, batch in self.dealt(0, 1))

    def dealt(self, rank: int, ranks: int) -> Iterator[tuple[int, Batch]]:
        """One process's batches, each with its number, where whole ones are dealt out in turn."""
        read = self._reader()
        return ((number, read(self._places(number))) for number in range(rank, len(self), ranks))

    def parts(self) -> Iterator[Part]:
        """One process's part of each batch."""
        read = self._reader()
        for number in range(len(self)):
            places = self._places(number)
            share, count = places.tensor_split(self._ranks)[self._rank], len(places)
            yield Part(read(share), count, self._ranks * len(share) / count)

    def _places(self, number: int) -> Tensor:
        """The places in the order of a batch's units."""
        first = number * self._batch
        return torch.arange(first, min(first + self._batch, self.units))

    def _reader(self) -> Callable[[Tensor], Batch]:
        """Reads what stands at some places of this iteration's order."""
        order = self._main.order(self._seed)
        orders = [reading.order(self._seed) for reading in self._beside]

        def read(places: Tensor) -> Batch:
            rows = order[places]
            beside = {
                reading.sampling.role: reading.batch(rows_of[places % len(rows_of)], *self._form)
                for reading, rows_of in zip(self._beside, orders, strict=True)
            }
            context = self._context(rows) if self._context else {}
            return replace(self._main.batch(rows, *self._form), context=context, beside=beside)

        return read

"""The loader: batches of clips, in a drawn order for training, in the units' own for scoring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Loader:
    """Iterates over batches; each iteration gives the same ones again."""

    main: Reading
    """Its units are gone through once."""
    beside: Sequence[Reading]
    """Read as many units at a time as the main one, again and again."""
    batch: int
    """Units in a batch; the last may be smaller."""
    seed: Sequence[int | str] | None
    """Decides the order; None goes through the units as they are."""
    device: torch.device
    cube_size: tuple[int, int]
    """Height and width of the recipe's cubes."""
    steps: int | None = None
    """Stop after so many batches."""
    context: Context | None = None
    """Teachers' answers for the main units."""
    rank: int = 0
    ranks: int = 1

    def split(self, rank: int, ranks: int) -> Loader:
        """The same batches, each split among so many processes; `parts` gives those of one.

        Raises:
            DataError: There are too few units for so many.
        """
        loader = replace(self, rank=rank, ranks=ranks)
        if not len(loader):
            raise DataError(
                f"The data role {self.main.sampling.role!r} has {self.units} units to train on, "
                f"fewer than two for each of {ranks} processes.",
                "Start fewer processes.",
            )
        return loader

    @property
    def units(self) -> int:
        """How many units are gone through."""
        return len(self.main.rows)

    def __len__(self) -> int:
        whole, rest = divmod(self.units, self.batch)
        # Batch statistics are undefined for a single unit.
        least = 1 if self.seed is None else 2 * self.ranks
        count = whole + (rest >= least)
        return count if self.steps is None else min(count, self.steps)

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
            share, count = places.tensor_split(self.ranks)[self.rank], len(places)
            yield Part(read(share), count, self.ranks * len(share) / count)

    def _places(self, number: int) -> Tensor:
        """Where a batch's units stand in the order."""
        first = number * self.batch
        return torch.arange(first, min(first + self.batch, self.units))

    def _reader(self) -> Callable[[Tensor], Batch]:
        """Reads what stands at some places of this iteration's order."""
        order, form = self.main.order(self.seed), (self.device, self.cube_size)
        orders = [reading.order(self.seed) for reading in self.beside]

        def read(places: Tensor) -> Batch:
            rows = order[places]
            beside = {
                reading.sampling.role: reading.batch(rows_of[places % len(rows_of)], *form)
                for reading, rows_of in zip(self.beside, orders, strict=True)
            }
            context = self.context(rows) if self.context else {}
            return replace(self.main.batch(rows, *form), context=context, beside=beside)

        return read

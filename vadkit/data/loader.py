"""The loader: batches of clips, in a drawn order for training, in the units' own for scoring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vadkit.cards import Sampling
from vadkit.data.stores import Store
from vadkit.rng import generator
from vadkit.task import Batch

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

    def batch(self, rows: Tensor, device: torch.device) -> Batch:
        """Read the units; bytes become floats on the device."""
        clips = self.store.clips(rows, self.sampling).to(device)
        pixels = clips.to(torch.float32, memory_format=torch.contiguous_format)
        return Batch(
            clips=pixels.div_(255),
            labels=None if self.labels is None else self.labels[rows].to(device),
        )


class Loader:
    """Iterates over batches; each iteration gives the same ones again.

    Args:
        main: Its units are gone through once.
        beside: Read as many units at a time as the main one, again and again.
        batch: Units in a batch; the last may be smaller.
        seed: Decides the order; None goes through the units as they are.
        device: Where the batches go.
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
        steps: int | None = None,
        context: Context | None = None,
    ) -> None:
        self._main, self._beside, self._context = main, beside, context
        self._batch, self._seed, self._device, self._steps = batch, seed, device, steps

    @property
    def skipped(self) -> int:
        """Units left out because their clip reaches beyond the video."""
        return len(self._main.store.units) - len(self._main.rows)

    def __len__(self) -> int:
        whole, rest = divmod(len(self._main.rows), self._batch)
        # Batch statistics are undefined for a single unit.
        least = 1 if self._seed is None else 2
        count = whole + (rest >= least)
        return count if self._steps is None else min(count, self._steps)

    def __iter__(self) -> Iterator[Batch]:
        order = self._main.order(self._seed)
        orders = [reading.order(self._seed) for reading in self._beside]
        for first in range(0, len(self) * self._batch, self._batch):
            rows = order[first : first + self._batch]
            place = torch.arange(first, first + len(rows))
            beside = {
                reading.sampling.role: reading.batch(of[place % len(of)], self._device)
                for reading, of in zip(self._beside, orders, strict=True)
            }
            context = self._context(rows) if self._context else {}
            main = self._main.batch(rows, self._device)
            yield replace(main, context=context, beside=beside)

"""The loader: batches of clips, in a drawn order for training, in the units' own for scoring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vadkit.cards import Sampling
from vadkit.data.stores import Store
from vadkit.rng import generator
from vadkit.task import Batch

Context = Callable[[Tensor], Mapping[str, Tensor]]
"""Rows of the units (B,) -> teacher role -> (B, ...)."""


@dataclass(frozen=True)
class Reading:
    """One sampling of one store."""

    store: Store
    sampling: Sampling
    rows: Tensor
    """(n,) units that may be read."""
    labels: Tensor | None = None
    """(units,) int64, if the sampling asks for them."""
    context: Context | None = None

    def order(self, seed: Sequence[int | str] | None) -> Tensor:
        """The rows as they are, or drawn by the seed and the role."""
        if seed is None:
            return self.rows
        rng = generator(*seed, "units", self.sampling.role)
        return self.rows[torch.randperm(len(self.rows), generator=rng)]

    def batch(self, rows: Tensor, device: torch.device) -> Batch:
        """Read the units; bytes become floats on the device."""
        clips = self.store.clips(rows, self.sampling).to(device)
        return Batch(
            clips=clips.float().div_(255),
            context=self.context(rows) if self.context else {},
            labels=None if self.labels is None else self.labels[rows].to(device),
        )


class Loader:
    """Iterates over batches; each iteration gives the same ones again.

    Args:
        readings: The main one, whose units are gone through once, and those read beside it, which
            are cycled.
        batch: Units in a batch; the last may be smaller.
        seed: Decides the order; None goes through the units as they are.
        device: Where the batches go.
        steps: Stop after so many batches.
        skipped: Units left out because their clip reaches beyond the video, for the record.
    """

    def __init__(
        self,
        readings: Sequence[Reading],
        batch: int,
        *,
        seed: Sequence[int | str] | None,
        device: torch.device,
        steps: int | None = None,
        skipped: int = 0,
    ) -> None:
        self._main, *self._beside = readings
        self._batch, self._seed, self._device, self._steps = batch, seed, device, steps
        self.skipped = skipped

    def __len__(self) -> int:
        whole, rest = divmod(len(self._main.rows), self._batch)
        # Batch statistics are undefined for a single unit.
        least = 2 if self._seed is not None else 1
        count = whole + (rest >= least)
        return count if self._steps is None else min(count, self._steps)

    def __iter__(self) -> Iterator[Batch]:
        order = self._main.order(self._seed)
        others = [(reading, reading.order(self._seed)) for reading in self._beside]
        for step in range(len(self)):
            rows = order[step * self._batch : (step + 1) * self._batch]
            place = torch.arange(step * self._batch, step * self._batch + len(rows))
            beside = {
                reading.sampling.role: reading.batch(of[place % len(of)], self._device)
                for reading, of in others
            }
            main = self._main.batch(rows, self._device)
            yield Batch(main.clips, main.context, main.labels, beside)

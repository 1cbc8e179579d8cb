"""The processes that train one model: what they say to each other, and how they stay in step.

A world of one has no process group, and nothing is different in it.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from vadkit.distributed.signals import Interrupted

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """The processes that train one model, as one of them sees them."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the rank that decides, writes and shows."""
        return self.rank == 0

    @property
    def random_key(self) -> tuple[int, ...]:
        """What makes random numbers this rank's own; the first draws as a lone process does."""
        return (self.rank,) if self.rank else ()

    def same(self, value: T) -> T:
        """The first rank's value."""
        values = [value]
        if self.size > 1:
            distributed.broadcast_object_list(values, 0, device=torch.device("cpu"))
        return values[0]

    def names(self, names: Iterable[str]) -> list[str]:
        """The first rank's names."""
        return self.same(list(names))

    def sum(self, values: Tensor) -> Tensor:
        """The sum of every rank's values, the same bits on each."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def mean(self, terms: Mapping[str, float]) -> dict[str, float]:
        """The mean of every rank's terms."""
        if self.size == 1:
            return dict(terms)
        names = self.names(terms)
        own = torch.tensor([terms.get(name, 0.0) for name in names], dtype=torch.float64)
        return dict(zip(names, (self.sum(own) / self.size).tolist(), strict=True))

    def gathered(self, rows: Tensor) -> Tensor:
        """Every rank's rows (n, ...), one rank after another; n may differ."""
        if self.size == 1:
            return rows
        counts = torch.zeros(self.size, dtype=torch.int64)
        counts[self.rank] = len(rows)
        most = int(self.sum(counts).max())
        own = rows.new_zeros(most, *rows.shape[1:])
        own[: len(rows)] = rows
        padded = [torch.empty_like(own) for _ in range(self.size)]
        distributed.all_gather(padded, own)
        parts = zip(padded, counts.tolist(), strict=True)
        return torch.cat([part[:count] for part, count in parts])

    def together(self, interrupted: Callable[[], None]) -> None:
        """Ask whether a signal came; one that came to any rank stops all, after the same step.

        `interrupted` raises after a signal to this process.
        """
        if self.size > 1:
            came = 0
            try:
                interrupted()
            except Interrupted as order:
                came = order.number
            numbers = torch.tensor([came])
            distributed.all_reduce(numbers, distributed.ReduceOp.MAX)
            if numbers.item() > came == 0:
                signal.raise_signal(int(numbers.item()))
        interrupted()

    def parallel(self, function: Callable[P, R], weights: Iterable[nn.Parameter]) -> Callable[P, R]:
        """A function from whose results gradients flow back as the mean over all ranks.

        They flow to the weights, of which some may have no part in a pass.
        """
        if self.size == 1:
            return function
        return DistributedDataParallel(_Pass(function, weights), find_unused_parameters=True)

    def normalised(self, model: nn.Module) -> None:
        """On GPUs, normalise with the statistics of the whole batch; torch cannot on processors."""
        if self.size > 1 and next(model.parameters()).is_cuda:
            nn.SyncBatchNorm.convert_sync_batchnorm(model)

    @torch.no_grad()
    def level(self, model: nn.Module) -> None:
        """Give all ranks the mean of their running statistics, which are means over steps."""
        if self.size > 1:
            statistics = [buffer for buffer in model.buffers() if buffer.is_floating_point()]
            flat = [buffer.double().cpu().flatten() for buffer in statistics]
            mean = self.sum(torch.cat([torch.empty(0, dtype=torch.float64), *flat])) / self.size
            parts = mean.split([buffer.numel() for buffer in statistics])
            for buffer, part in zip(statistics, parts, strict=True):
                buffer.copy_(part.view_as(buffer))


SOLO = World()
"""A process by itself."""


class _Pass(nn.Module):
    """A function as a module of the weights that it learns by.

    It has no buffers: torch would spread the first rank's running statistics.
    """

    def __init__(self, function: Callable[..., Any], weights: Iterable[nn.Parameter]) -> None:
        super().__init__()
        self.weights = nn.ParameterList(weights)
        # Never used, as others are in some passes alone: torch warns if all of them are.
        self.spare = nn.Parameter(next(self.parameters()).new_zeros(()))
        self._function = function

    def forward(self, *inputs: Any) -> Any:
        return self._function(*inputs)

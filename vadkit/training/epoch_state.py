"""Epochs of a phase: one that is done, the best so far, and where a training goes on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from vadkit.runs.tensors import load_state, unique_state
from vadkit.training.model import Model
from vadkit.training.optim import Group

Terms = dict[str, float]
"""Name of a loss term ("jigsaw.spatial") -> its mean over an epoch."""
Judge = Callable[[], float | None]
"""How good the model is at present, higher is better; None where that cannot be said."""


class Best:
    """The weights judged best so far; those of the last epoch where none was judged."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._state: dict[str, Tensor] = {}
        self.worth = -math.inf
        self.epoch: int | None = None
        """Whose weights they are, from 1."""

    def note(self, epoch: int, worth: float, state: Mapping[str, Tensor] | None = None) -> None:
        """Keep the weights, the model's own if not given, if they are better than any before."""
        if worth > self.worth:
            self.worth, self.epoch = worth, epoch
            self._state = dict(state) if state else unique_state(self._model)

    def restore(self) -> None:
        """Put the kept weights back."""
        if self.epoch is not None:
            load_state(self._model, self._state, f"epoch {self.epoch}")


@dataclass(frozen=True)
class Start:
    """Where the training of a phase goes on."""

    epoch: int
    """The last one that is done."""
    weights: Mapping[str, Tensor]
    moments: Mapping[str, Tensor]
    """Of the optimizers, as `flatten_optimizer` gives them."""
    optimizers: Sequence[Mapping[str, Any]]
    """The JSON part of each optimizer's state."""
    best: tuple[int, float, Mapping[str, Tensor]] | None = None
    """The epoch judged best so far, its worth and its weights."""


@dataclass(frozen=True)
class Epoch:
    """An epoch that is done."""

    number: int
    """From 1."""
    steps: int
    terms: Terms
    groups: list[Group]
    """What was updated, with the optimizers."""
    best: Best


AfterEpoch = Callable[[Epoch], None]

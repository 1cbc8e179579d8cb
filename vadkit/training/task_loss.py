"""The loss of a task for a batch: views, backbone and head, loss terms, each checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from vadkit.errors import NumericError, PluginError
from vadkit.recipe import Recipe, TaskEntry
from vadkit.registry.isolation import blamed
from vadkit.task import Batch
from vadkit.training.model import Model, precision
from vadkit.utils.rng import generator

_GENTLER = (
    'Try a lower `optim.lr` or `--set precision="fp32"`; the weights of earlier epochs are kept.'
)


class Place(NamedTuple):
    """Where in the training a step is; its random numbers depend on nothing else."""

    phase: int
    epoch: int
    step: int
    rank: int = 0
    """Of several processes, which see other units and so draw other numbers."""

    @property
    def purpose(self) -> tuple[int, ...]:
        """What the numbers are for; the first rank's are those of a process by itself."""
        return tuple(self) if self.rank else self[:3]


@dataclass(frozen=True)
class TaskLoss:
    """Computes the loss terms of tasks."""

    model: Model
    recipe: Recipe
    """Says seed and precision."""
    device: torch.device

    def terms(
        self, entry: TaskEntry, batch: Batch, place: Place, factor: float
    ) -> Mapping[str, Tensor]:
        """The task's terms, and the backbone's own where its factor lets the backbone learn.

        The place decides the random numbers, the factor is on the backbone's learning rate.

        Raises:
            PluginError: The task broke its contract.
        """
        proxy = self.model.instances[entry.name]
        rng = generator(self.recipe.seed, "views", *place.purpose, entry.name)
        with blamed("task", entry.name, "views"):
            views = proxy.views(batch, rng, training=True)
        with blamed("task", entry.name, "backbone or head"), precision(self.recipe, self.device):
            outputs, of_backbone = self.model.outputs(entry.name, views, frozen=factor == 0)
        with blamed("task", entry.name, "loss"):
            terms = _checked(entry.name, proxy.loss(outputs, views.targets))
        return {**terms, **(of_backbone if factor > 0 else {})}


def _checked(task: str, terms: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Name a broken contract where it is broken, not deep inside an optimizer."""
    if not isinstance(terms, Mapping) or not terms:
        raise PluginError(f"Task '{task}' returned no loss term.", "`loss` returns name -> scalar.")
    training = torch.is_grad_enabled()
    for name, term in terms.items():
        if not isinstance(term, Tensor) or term.ndim or (training and not term.requires_grad):
            raise PluginError(
                f"The loss term '{name}' of task '{task}' is not a scalar tensor with a gradient.",
                "docs/write-a-task.md says what the contract asks for.",
            )
    return terms


def not_finite(terms: Mapping[str, float], place: Place) -> NumericError:
    """The error for a loss that is not finite; it names the term."""
    bad = next((name for name, value in terms.items() if not math.isfinite(value)), "the sum")
    return NumericError(
        f"Phase {place.phase}, epoch {place.epoch}, step {place.step + 1}: "
        f"the loss '{bad}' is {terms.get(bad, math.nan)}; nothing was updated with it.",
        _GENTLER,
    )


def refuse_broken_weights(model: Model, phase: int, epoch: int) -> None:
    """Raise where a finite loss had a gradient that is not; such weights must never be saved."""
    state = model.state_dict()
    bad = next((name for name, tensor in state.items() if not bool(tensor.isfinite().all())), None)
    if bad:
        raise NumericError(
            f"Phase {phase}, epoch {epoch}: the weights '{bad}' hold NaN or infinity; this "
            "epoch is not saved.",
            _GENTLER,
        )

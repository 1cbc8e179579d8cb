"""Scores of units: what a task's `score` says, checked, for as many batches as there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.errors import PluginError
from vadkit.recipe import Recipe, ScoreName
from vadkit.task import Batch
from vadkit.training.model import Model, precision
from vadkit.utils.rng import generator

MAP = 3
"""Rank of a score that says where, (B, h, w)."""
Watch = Callable[[ScoreName, Tensor], None]
"""Takes `task.score` and maps (B, h, w)."""


class UnitScores:
    """Scores the units of a task, batch after batch.

    Args:
        model: With the task's head.
        task: Whose scores.
        recipe: Says precision, seed and the scores that are used.
        device: Where the model is.
        watch: Shown every score that is a map, before its mean is taken.
    """

    def __init__(
        self,
        model: Model,
        task: str,
        recipe: Recipe,
        device: torch.device,
        watch: Watch | None = None,
    ) -> None:
        self._model, self._task, self._recipe, self._device = model.eval(), task, recipe, device
        self._watch = watch
        self._parts: dict[str, list[Tensor]] = defaultdict(list)

    @torch.no_grad()
    def add(self, number: int, batch: Batch) -> None:
        """Score a batch; the task's random numbers depend on its number.

        Raises:
            PluginError: The task returned something else than (B,) for each score.
        """
        rng = generator(self._recipe.seed, "score", self._task, number)
        with precision(self._recipe, self._device):
            scores = self._model.infer(self._task, batch, rng)
        for name, values in _named(self._task, scores).items():
            score = ScoreName.compose(self._task, name)
            checked = _checked(score, values, len(batch.clips))
            if checked.ndim == MAP and self._watch:
                self._watch(score, checked)
            mean = checked.flatten(1).mean(dim=1) if checked.ndim == MAP else checked  # -> (B,)
            self._parts[name].append(mean)

    def scores(self) -> dict[str, NDArray[np.float32]]:
        """Score name -> (n,) for all units of the batches, in order.

        Without any unit there are only the scores that the protocol uses, each (0,).
        """
        protocols = self._recipe.score.protocols.values()
        used = (
            name for protocol in protocols for name in protocol.names if name.task == self._task
        )
        empty = {use.score: [torch.empty(0)] for use in used}
        return {name: torch.cat(parts).numpy() for name, parts in (self._parts or empty).items()}


def _named(task: str, scores: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    if not isinstance(scores, Mapping) or not scores:
        raise PluginError(f"Task '{task}' returned no score.", "`score` returns name -> (B,).")
    return scores


def _checked(name: str, values: Tensor, units: int) -> Tensor:
    if (
        not isinstance(values, Tensor)
        or values.shape[:1] != (units,)
        or values.ndim not in {1, MAP}
    ):
        found = f"shape {tuple(values.shape)}" if isinstance(values, Tensor) else "no shape"
        raise PluginError(
            f"The score '{name}' has {found} for {units} units.",
            "`score` returns name -> (B,), one number a unit, or a map (B, h, w).",
        )
    return values.detach().float().cpu()

"""Scores of units: what a task's `score` says, checked, for as many batches as there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.errors import PluginError
from vadkit.recipe import Recipe
from vadkit.task import Batch
from vadkit.training.model import Model, precision
from vadkit.utils.rng import generator

MAP = 3
"""Rank of a score that says where, (B, h, w)."""
Watch = Callable[[str, Tensor], None]
"""Takes `task.score` and maps (B, h, w)."""


@torch.no_grad()
def infer(
    model: Model,
    task: str,
    batches: Iterable[tuple[int, Batch]],
    recipe: Recipe,
    device: torch.device,
    *,
    watch: Watch | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Score name -> (n,) for all units of the batches, in order.

    Without any unit there are only the scores that the protocol uses, each (0,).

    Args:
        model: With the task's head.
        task: Whose scores.
        batches: What it asks for, each with its number, on which its random numbers depend.
        recipe: Says precision, seed and the scores that are used.
        device: Where the model is.
        watch: Shown every score that is a map, before its mean is taken.

    Raises:
        PluginError: The task returned something else than (B,) for each score.
    """
    model.eval()
    parts: dict[str, list[Tensor]] = defaultdict(list)
    for step, batch in batches:
        with precision(recipe, device):
            scores = model.infer(task, batch, generator(recipe.seed, "score", task, step))
        for name, values in _named(task, scores).items():
            checked = _checked(f"{task}.{name}", values, len(batch.clips))
            if checked.ndim == MAP and watch:
                watch(f"{task}.{name}", checked)
            parts[name].append(checked.flatten(1).mean(dim=1) if checked.ndim == MAP else checked)
    protocols = recipe.score.protocols.values()
    used = (use.rpartition(".") for protocol in protocols for use in protocol.use)
    empty = {name: [torch.empty(0)] for of, _, name in used if of == task}
    return {name: torch.cat(tensors).numpy() for name, tensors in (parts or empty).items()}


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

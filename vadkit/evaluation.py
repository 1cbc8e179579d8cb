"""After a phase: score every test frame with the model as it stands, and compare with labels."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.blame import enough_memory
from vadkit.data.units import Units
from vadkit.errors import PluginError
from vadkit.metrics import evaluate
from vadkit.model import Model, precision, scoring_tasks
from vadkit.recipe import Phase, Recipe, TaskEntry
from vadkit.rng import generator
from vadkit.runner import PhaseRunner
from vadkit.scoring import FrameScores, frame_maximum, fuse
from vadkit.task import Batch

_REFIT = 1000
"""Added to a phase's number, so that the re-fit after it draws its own random numbers."""


@dataclass(frozen=True)
class Evaluation:
    """What the scores are worth after a phase."""

    model: Model
    """A copy of the model as it scored, with its re-fitted heads."""
    heads: dict[str, str]
    """Task -> "trained" or "refit": which head scored."""
    scores: dict[str, FrameScores]
    """Video -> its frames' scores."""
    columns: dict[str, dict[str, NDArray[np.float64]]]
    """`task.score` -> video -> (frames,) the highest of the frame's units."""
    metrics: dict[str, Any] | None
    """`metrics.evaluate`, or None where the test videos have no labels."""


def evaluate_after(runner: PhaseRunner, phase: Phase, number: int) -> Evaluation | None:
    """Evaluate after a phase; None while a task that scores has no head yet.

    The runner's model is left as it is: how a curriculum is scored must not change its training.
    """
    heads = {task: _kind_of_head(runner, task, phase) for task in scoring_tasks(runner.recipe)}
    if "none" in heads.values():
        return None
    scorer = replace(runner, model=copy.deepcopy(runner.model))
    for task in (task for task, kind in heads.items() if kind == "refit"):
        _refit(scorer, task, number)
    found: dict[str, tuple[Units, NDArray[np.float32]]] = {}
    for task in heads:
        found |= _unit_scores(scorer, task)
    scores = fuse(found, runner.recipe.score)
    columns = {name: frame_maximum(*found[name]) for name in runner.recipe.score.use}
    labels = runner.data.labels()
    smooth = {video: of.smooth for video, of in scores.items()}
    metrics = evaluate(smooth, labels) if labels else None
    return Evaluation(scorer.model, heads, scores, columns, metrics)


def _kind_of_head(runner: PhaseRunner, task: str, phase: Phase) -> str:
    """A head is stale once a later phase has moved the backbone under it."""
    if task in {entry.name for entry in phase.tasks}:
        return "trained"
    if runner.recipe.score.heads == "refit":
        return "refit"
    return "trained" if task in runner.model.heads else "none"


def _refit(scorer: PhaseRunner, task: str, number: int) -> None:
    """Train a task's head on the frozen backbone: go on with the stale one, or begin anew."""
    backbone = scorer.model.tasks[task].backbone
    phase = Phase(
        stage=f"re-fit of {task}",
        tasks=(TaskEntry(name=task, backbone_lr=0.0, backbone=backbone),),
        epochs=scorer.recipe.score.refit_epochs,
    )
    scorer.progress.phase(number, len(scorer.recipe.phase), phase.stage, phase.epochs)
    scorer.train(phase, _REFIT + number, lambda *_: None)


def _unit_scores(scorer: PhaseRunner, task: str) -> dict[str, tuple[Units, NDArray[np.float32]]]:
    """`task.score` -> every unit of the test videos and its score."""
    proxy = scorer.model.tasks[task]
    loader = scorer.data.loader(
        (proxy.score_sampling,),
        "test",
        scorer.recipe.optim.batch,
        seed=None,
        device=scorer.device,
        needs=proxy.score_needs,
    )
    units = scorer.data.units(proxy.score_sampling, "test")
    with enough_memory(f"scoring with {task}"):
        batches = _until_interrupted(loader, scorer)
        scored = infer(scorer.model, task, batches, scorer.recipe, scorer.device)
    return {f"{task}.{name}": (units, values) for name, values in scored.items()}


def _until_interrupted(batches: Iterable[Batch], scorer: PhaseRunner) -> Iterator[Batch]:
    for batch in batches:
        scorer.interrupted()
        yield batch


@torch.no_grad()
def infer(
    model: Model, task: str, batches: Iterable[Batch], recipe: Recipe, device: torch.device
) -> dict[str, NDArray[np.float32]]:
    """Score name -> (n,) for all units of the batches, in order.

    Without any unit there are only the scores that the protocol uses, each (0,).

    Raises:
        PluginError: The task returned something else than (B,) for each score.
    """
    model.eval()
    parts: dict[str, list[Tensor]] = defaultdict(list)
    for step, batch in enumerate(batches):
        with precision(recipe, device):
            scores = model.infer(task, batch, generator(recipe.seed, "score", task, step))
        for name, values in _named(task, scores).items():
            parts[name].append(_checked(f"{task}.{name}", values, len(batch.clips)))
    used = (use.rpartition(".") for use in recipe.score.use)
    empty = {name: [torch.empty(0)] for of, _, name in used if of == task}
    return {name: torch.cat(tensors).numpy() for name, tensors in (parts or empty).items()}


def _named(task: str, scores: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    if not isinstance(scores, Mapping) or not scores:
        raise PluginError(f"Task '{task}' returned no score.", "`score` returns name -> (B,).")
    return scores


def _checked(name: str, values: Tensor, units: int) -> Tensor:
    if not isinstance(values, Tensor) or tuple(values.shape) != (units,):
        found = f"shape {tuple(values.shape)}" if isinstance(values, Tensor) else "no shape"
        raise PluginError(
            f"The score '{name}' has {found} for {units} units.",
            "`score` returns name -> (B,), one number a unit.",
        )
    return values.detach().float().cpu()

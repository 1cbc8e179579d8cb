"""What a task says of test units and of training units, with a backbone and a head of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from vadkit.data.batch_loader import Loader
from vadkit.data.dataset import Split
from vadkit.distributed.shards import collected
from vadkit.recipe import ScoreName
from vadkit.registry.isolation import enough_memory
from vadkit.scoring.calibration import Normal
from vadkit.scoring.evidence import ScoreTables
from vadkit.scoring.inference import UnitScores, Watch
from vadkit.scoring.localization import ErrorMaps
from vadkit.training.model import Parts, precision
from vadkit.training.trainer import PhaseRunner
from vadkit.utils.rng import generator

BATCH = 256
"""Units that are scored at once; a unit's score does not depend on its neighbours."""
MOST = 8 * BATCH
"""Training units at most of which the statistics of batch norm are taken."""


@dataclass(frozen=True)
class TaskScores:
    """A task's scores, and what gave them."""

    parts: Parts
    snapshot: Parts | None
    """What `parts` was before its statistics were taken, where that is kept."""
    table: ScoreTables
    """Of the test units."""
    maps: ErrorMaps
    """Where in the test units, for scores that are maps."""
    normal: Normal | None
    """Of training units, where a protocol needs them."""


def task_scores(scorer: PhaseRunner, task: str, normal: int) -> TaskScores:
    """Score the test videos, and so many training units, as the scorer's model stands.

    The statistics of batch norm are taken anew before: those that training left are of its views,
    and of what other tasks saw.
    """
    maps, model = ErrorMaps(), scorer.model
    _take_statistics(scorer, task)
    units = scorer.data.units(model.tasks[task].score_sampling, "test")
    values = _unit_scores(scorer, task, "test", watch=maps.see)
    maps.collect(scorer.world, BATCH)
    return TaskScores(
        Parts(model.backbone(task), model.heads[task]),
        scorer.snapshots.get(task),
        {ScoreName.compose(task, name): (units, of) for name, of in values.items()},
        maps,
        _normal(scorer, task, normal) if normal else None,
    )


@torch.no_grad()
def _take_statistics(scorer: PhaseRunner, task: str) -> None:
    """Take the mean statistics of batch norm over training units, seen as the task scores them.

    Every rank sees all of them, so that all have the same.
    """
    model, rows = scorer.model.eval(), _evenly(scorer, task, MOST)
    parts = nn.ModuleList([model.backbone(task), model.heads[task]]).modules()
    norms = [part for part in parts if isinstance(part, _BatchNorm) and part.track_running_stats]
    if not norms or len(rows) <= 1:  # a single unit has no deviation
        return
    whole = rows[: len(rows) // BATCH * BATCH or None]
    with _averaging(norms), enough_memory(f"scoring with {task}"):
        for number, batch in _loader(scorer, task, "train", whole).dealt(0, 1):
            scorer.interrupted()
            rng = generator(scorer.recipe.seed, "statistics", task, number)
            with precision(scorer.recipe, scorer.device):
                model.infer(task, batch, rng)


@contextmanager
def _averaging(norms: Sequence[_BatchNorm]) -> Iterator[None]:
    """Let batch norm take the plain mean over all batches that pass."""
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    yield
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()


def _evenly(scorer: PhaseRunner, task: str, most: int) -> Tensor:
    """(n,) rows of training units whose clip lies inside its video, as all that were trained on."""
    rows = scorer.data.inside(scorer.model.tasks[task].score_sampling, "train")
    return rows[torch.linspace(0, len(rows) - 1, min(most, len(rows))).round().long()]


def _loader(scorer: PhaseRunner, task: str, split: Split, rows: Tensor | None) -> Loader:
    """The units of the target's videos, or some rows of them, as the task scores them."""
    proxy = scorer.model.tasks[task]
    return scorer.data.loader(
        (proxy.score_sampling,),
        split,
        BATCH,
        seed=None,
        device=scorer.device,
        needs=proxy.score_needs,
        rows=rows,
    )


def _unit_scores(
    scorer: PhaseRunner,
    task: str,
    split: Split,
    rows: Tensor | None = None,
    watch: Watch | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Score name -> (n,) for every unit of the target's videos, or for some rows of them."""
    loader, world = _loader(scorer, task, split, rows), scorer.world
    with enough_memory(f"scoring with {task}"):
        scores = UnitScores(scorer.model, task, scorer.recipe, scorer.device, watch)
        for number, batch in loader.dealt(world.rank, world.size):
            scorer.interrupted()
            scores.add(number, batch)
    return collected(world, scores.scores(), BATCH)


def _normal(scorer: PhaseRunner, task: str, most: int) -> Normal:
    rows = _evenly(scorer, task, most)
    units = scorer.data.units(scorer.model.tasks[task].score_sampling, "train")
    values, some = _unit_scores(scorer, task, "train", rows), rows.numpy()
    return Normal(
        boxes=units.boxes[some],
        sizes=units.sizes[units.video[some]],
        scores={ScoreName.compose(task, name): of for name, of in values.items()},
        camera=units.camera[some],
        piece=units.piece[some],
    )

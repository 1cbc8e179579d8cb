"""After a phase: score every test frame with the model as it stands, and compare with labels."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadkit.data.dataset import Split
from vadkit.distributed.shards import collected
from vadkit.metrics.frame_metrics import evaluate
from vadkit.metrics.region_metrics import Detections
from vadkit.recipe import FrameProtocol, Phase, Protocol, ScoreName, TaskEntry
from vadkit.registry.isolation import enough_memory
from vadkit.scoring.calibration import Normal
from vadkit.scoring.evidence import EvidenceScores, ScoreTables
from vadkit.scoring.fusion import frame_maximum, fuse, fuse_units
from vadkit.scoring.inference import UnitScores, Watch
from vadkit.scoring.localization import ErrorMaps
from vadkit.scoring.protocol import FrameScores, frames_that_count, without_borders
from vadkit.scoring.smoothing import smooth_objects
from vadkit.training.model import Model
from vadkit.training.trainer import PhaseRunner

_REFIT = 1000
"""Added to a phase's number, so that the re-fit after it draws its own random numbers."""
_BATCH = 256
"""Units that are scored at once; a unit's score does not depend on its neighbours."""


@dataclass(frozen=True)
class Evaluation:
    """What the scores are worth after a phase."""

    model: Model
    """A copy of the model as it scored, with its re-fitted heads."""
    heads: dict[str, str]
    """Task -> "trained" or "refit": which head scored."""
    scores: dict[str, FrameScores]
    """Video -> its frames' scores under the main protocol."""
    columns: dict[ScoreName, dict[str, NDArray[np.float64]]]
    """`task.score` -> video -> (frames,) the highest of the frame's units."""
    metrics: dict[str, dict[str, Any]]
    """Protocol -> `metrics.evaluate`; empty where the test videos have no labels."""
    regions: dict[str, Detections]
    """Video -> its objects, or the regions of its error maps, with their scores under the main
    protocol; empty where no task says where."""
    normal: dict[str, Normal]
    """Task or evidence part -> training units and their scores, where a protocol needs them."""
    evidence: EvidenceScores
    """What evidence parts say of the test objects, and keep of training objects."""


def evaluate_after(
    runner: PhaseRunner, phase: Phase | None, number: int, evidence: EvidenceScores
) -> Evaluation | None:
    """Evaluate after a phase with the tasks learned so far; None while nothing scores.

    The runner's model is left as it is: how a curriculum is scored must not change its training.
    Of several ranks, each scores its shard, and the first says what the scores are worth; the
    others return None.
    """
    heads = _heads(runner, number)
    unlearned = {*runner.bound.scoring_tasks} - heads.keys()
    possible = {name: of.without(unlearned) for name, of in runner.bound.protocols.items()}
    protocols = {name: protocol for name, protocol in possible.items() if protocol}
    if "main" not in protocols:
        return None
    scorer = replace(runner, model=copy.deepcopy(runner.model))
    if stale := [task for task, kind in heads.items() if kind == "refit"]:
        _refit(scorer, stale, number, phase.steps if phase else None)
    maps = ErrorMaps()
    tables = _every_score(scorer, heads, maps)
    calibrating = _calibrating(protocols, heads)
    normal = {task: _normal(scorer, task, most) for task, most in calibrating.items()}
    if not runner.world.leads:
        return None
    tables |= evidence.tables(runner.bound.evidence)
    normal |= evidence.normal(runner.bound.evidence)
    scores = {name: fuse(tables, protocol, normal) for name, protocol in protocols.items()}
    columns = {name: frame_maximum(*tables[name]) for name in protocols["main"].names}
    with runner.data.annotations.scoring():
        labels, times = runner.data.annotations.labels(), runner.data.times()
    metrics = {name: compared(of, labels, times, protocols[name]) for name, of in scores.items()}
    regions = _regions(scorer, tables, maps, protocols["main"], normal)
    return Evaluation(
        scorer.model, heads, scores["main"], columns, metrics, regions, normal, evidence
    )


def _every_score(scorer: PhaseRunner, tasks: Iterable[str], maps: ErrorMaps) -> ScoreTables:
    """Score the test videos with each task; maps are shown to `maps`."""
    tables: ScoreTables = {}
    for task in tasks:
        units = scorer.data.units(scorer.model.tasks[task].score_sampling, "test")
        of_units = _unit_scores(scorer, task, "test", watch=maps.see)
        tables |= {ScoreName.compose(task, name): (units, of) for name, of in of_units.items()}
    maps.collect(scorer.world, _BATCH)
    return tables


def _regions(
    scorer: PhaseRunner,
    tables: ScoreTables,
    maps: ErrorMaps,
    protocol: Protocol,
    normal: Mapping[str, Normal],
) -> dict[str, Detections]:
    """The objects of each video, scored by the tasks of the protocol that see objects and smoothed.

    Where none does, the regions of the maps of those that see whole frames, as they are.
    """
    units_of = {name: task.score_sampling.unit for name, task in scorer.model.tasks.items()}
    of_objects = protocol.without({name for name, unit in units_of.items() if unit == "frame"})
    if not of_objects:
        weights = {name: protocol.weights.get(name, 1.0) for name in protocol.names}
        return maps.detections(tables[protocol.names[0]][0], weights)
    ((units, fused), *_) = fuse_units(tables, of_objects, normal)
    values = smooth_objects(fused, units, protocol.smooth)
    rows = [units.video == number for number in range(len(units.videos))]
    boxes = units.boxes[:, :4].astype(np.float64)
    return {
        video: Detections(units.frame[inside], boxes[inside], values[inside])
        for video, inside in zip(units.videos, rows, strict=True)
    }


def compared(
    scores: Mapping[str, FrameScores],
    labels: Mapping[str, NDArray[Any]],
    times: Mapping[str, NDArray[np.float64]],
    protocol: FrameProtocol,
) -> dict[str, Any]:
    """`metrics.evaluate` under a protocol; empty where the videos have no labels."""
    if not labels:
        return {}
    smooth = {video: frames.smooth for video, frames in scores.items()}
    counted = frames_that_count(smooth, labels, protocol.borders)
    return evaluate(*counted, without_borders(times, protocol.borders))


def _heads(runner: PhaseRunner, number: int) -> dict[str, str]:
    """Scoring task -> which head scores: for each protocol, of its tasks learned so far.

    Where none of them is learned yet, re-fitting begins all anew: so a phase can be judged by
    the score of a task that comes later, or never, as in [000] Tables 3 and 5.
    """
    way: str = runner.recipe.score.heads
    kinds: dict[str, str] = {}
    for protocol in runner.recipe.score.protocols.values():
        named = dict.fromkeys(name.task for name in protocol.names)
        tasks = [task for task in named if task in runner.bound.tasks]
        learned = [task for task in tasks if task in runner.model.heads]
        for task in learned or (tasks if runner.recipe.score.refits else []):
            kinds[task] = way if _stale(runner, task, number) else "trained"
    return kinds


def _stale(runner: PhaseRunner, task: str, number: int) -> bool:
    """Whether a head was never trained, or its backbone was trained without it since."""
    backbone = runner.model.tasks[task].backbone
    for phase in reversed(runner.recipe.phase[:number]):
        if any(entry.name == task for entry in phase.tasks):
            return False
        if any(entry.backbone == backbone for entry in phase.tasks):
            return True
    return True


def _refit(scorer: PhaseRunner, tasks: list[str], number: int, steps: int | None) -> None:
    """Train heads on the frozen backbone: go on with the stale ones, or begin anew.

    All at once: the backbone's running statistics follow what it sees, and have to fit all of
    the tasks. An epoch has no more steps than one of the phase before.
    """
    entries = tuple(
        TaskEntry(name=task, backbone_lr=0.0, backbone=scorer.model.tasks[task].backbone)
        for task in tasks
    )
    epochs, stage = scorer.recipe.score.refit_epochs, f"re-fit of {' and '.join(tasks)}"
    phase = Phase(stage=stage, tasks=entries, epochs=epochs, steps=steps)
    scorer.progress.phase(number, len(scorer.recipe.phase), phase.stage, phase.epochs)
    scorer.train(phase, _REFIT + number, lambda _: None)


def _unit_scores(
    scorer: PhaseRunner,
    task: str,
    split: Split,
    rows: Tensor | None = None,
    watch: Watch | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Score name -> (n,) for every unit of the target's videos, or for some rows of them."""
    proxy, world = scorer.model.tasks[task], scorer.world
    loader = scorer.data.loader(
        (proxy.score_sampling,),
        split,
        _BATCH,
        seed=None,
        device=scorer.device,
        needs=proxy.score_needs,
        rows=rows,
    )
    with enough_memory(f"scoring with {task}"):
        scores = UnitScores(scorer.model, task, scorer.recipe, scorer.device, watch)
        for number, batch in loader.dealt(world.rank, world.size):
            scorer.interrupted()
            scores.add(number, batch)
    return collected(world, scores.scores(), _BATCH)


def _calibrating(protocols: Mapping[str, Protocol], tasks: Iterable[str]) -> dict[str, int]:
    """Tasks with which a protocol calibrates, and from how many training units at most."""
    most: dict[str, int] = {}
    for protocol in protocols.values():
        gates = {question.gate for question in protocol.asked.values()}
        for name in protocol.names:
            if name.task in tasks and (protocol.calibrate.kind != "none" or name in gates):
                most[name.task] = max(protocol.calibrate.of, most.get(name.task, 0))
    return most


def _normal(scorer: PhaseRunner, task: str, most: int) -> Normal:
    """Score training units whose clip lies inside its video, as all are that were trained on."""
    sampling = scorer.model.tasks[task].score_sampling
    rows, units = scorer.data.inside(sampling, "train"), scorer.data.units(sampling, "train")
    rows = rows[torch.linspace(0, len(rows) - 1, min(most, len(rows))).round().long()]
    values, some = _unit_scores(scorer, task, "train", rows), rows.numpy()
    return Normal(
        boxes=units.boxes[some],
        sizes=units.sizes[units.video[some]],
        scores={ScoreName.compose(task, name): of for name, of in values.items()},
        camera=units.camera[some],
    )

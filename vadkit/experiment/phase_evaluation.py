"""After a phase: score every test frame with the model as it stands, and compare with labels."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.experiment.task_scores import TaskScores, task_scores
from vadkit.metrics.frame_metrics import evaluate
from vadkit.metrics.kinds import kind_aucs, kind_frames
from vadkit.metrics.region_metrics import Detections
from vadkit.recipe import FrameProtocol, Phase, Protocol, ScoreName, Smooth, TaskEntry
from vadkit.scoring.calibration import Normal
from vadkit.scoring.evidence import EvidenceScores, ScoreTables
from vadkit.scoring.fusion import capped, frame_maximum, fuse, fuse_units
from vadkit.scoring.localization import ErrorMaps
from vadkit.scoring.protocol import FrameScores, frames_that_count, without_borders
from vadkit.scoring.smoothing import smooth_objects
from vadkit.training.model import Model
from vadkit.training.trainer import PhaseRunner

_REFIT = 1000
"""Added to a phase's number, so that the re-fit after it draws its own random numbers."""
SNAPSHOT = "snapshot"
"""Which head scores: that of before the backbone moved on, with the backbone of then."""
ALONG_LINKS = Smooth(kind="gaussian", sigma=1, window=9)
"""How objects' scores are smoothed: a single frame's box is noisy, an anomaly's track short."""


@dataclass(frozen=True)
class Evaluation:
    """What the scores are worth after a phase."""

    model: Model
    """A copy of the model as it scored: each task has a backbone and a head of its own."""
    heads: dict[str, str]
    """Task -> "trained", "refit" or "snapshot": which head scored."""
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
    protocols: dict[str, Protocol]
    """The protocols that scored, by name, with the caps that were found."""


def evaluate_after(
    runner: PhaseRunner,
    phase: Phase | None,
    number: int,
    evidence: EvidenceScores,
    snapshot_scores: dict[str, TaskScores] | None = None,
) -> Evaluation | None:
    """Evaluate after a phase with the tasks learned so far; None while nothing scores.

    The runner's model is left as it is: how a curriculum is scored must not change its training.
    Of several ranks, each scores its shard, and the first says what the scores are worth; the
    others return None. `snapshot_scores` are not made again; new ones are added to them.
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
    scored = _scored(scorer, heads, {} if snapshot_scores is None else snapshot_scores)
    if not runner.world.leads:
        return None
    tables = evidence.tables(runner.bound.evidence)
    for of_task in scored.values():
        tables |= of_task.table
    normal = {task: of.normal for task, of in scored.items() if of.normal}
    normal |= evidence.normal(runner.bound.evidence)
    maps = ErrorMaps.joined(of.maps for of in scored.values())
    protocols = {name: capped(protocol, normal) for name, protocol in protocols.items()}
    scores = {name: fuse(tables, protocol, normal) for name, protocol in protocols.items()}
    columns = {name: frame_maximum(*tables[name]) for name in protocols["main"].names}
    with runner.data.annotations.scoring():
        labels, times = runner.data.annotations.labels(), runner.data.times()
        kinds = _kinds(runner)
    metrics = {
        name: compared(of, labels, times, protocols[name], kinds) for name, of in scores.items()
    }
    regions = _regions(scorer, tables, maps, protocols["main"], normal)
    main = (scores["main"], columns, metrics, regions)
    return Evaluation(scorer.model, heads, *main, normal, evidence, protocols)


def _scored(
    scorer: PhaseRunner, heads: Mapping[str, str], snapshot_scores: dict[str, TaskScores]
) -> dict[str, TaskScores]:
    """Score with each task; the scorer's model becomes that which scored.

    A snapshot scores alike after every phase, so it need not do so again.
    """
    snapshots = {task: scorer.snapshots[task] for task, kind in heads.items() if kind == SNAPSHOT}
    same = {
        task
        for task, of in snapshots.items()
        if task in snapshot_scores and snapshot_scores[task].snapshot is of
    }
    parts = {task: snapshots.get(task) or scorer.model.parts(task) for task in heads}
    scorer.model.separate(parts | {task: snapshot_scores[task].parts for task in same})
    most = _calibrating(scorer.bound.protocols, heads)
    for task in (task for task in heads if task not in same):
        snapshot_scores[task] = task_scores(scorer, task, most.get(task, 0))
    return {task: snapshot_scores[task] for task in heads}


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
        asked = protocol.asked.items()
        weights = {
            n: protocol.weights.get(name, 1.0) for name, question in asked for n in question.of
        }
        return maps.detections(tables[protocol.names[0]][0], weights)
    ((units, fused), *_) = fuse_units(tables, of_objects, normal)
    values = smooth_objects(fused, units, ALONG_LINKS)
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
    kinds: Mapping[str, Mapping[str, NDArray[Any]]] = MappingProxyType({}),
) -> dict[str, Any]:
    """`metrics.evaluate` under a protocol, and the AUC of each kind of anomaly (`kinds`).

    Empty where the videos have no labels.
    """
    if not labels:
        return {}
    smooth = {video: frames.smooth for video, frames in scores.items()}
    counted = frames_that_count(smooth, labels, protocol.borders)
    tree = evaluate(*counted, without_borders(times, protocol.borders))
    there = {kind: without_borders(frames, protocol.borders) for kind, frames in kinds.items()}
    return {**tree, "kinds": kind_aucs(*counted, there)} if there else tree


def _kinds(runner: PhaseRunner) -> dict[str, dict[str, NDArray[np.bool_]]]:
    """Where each kind of anomaly is, as far as that is known."""
    annotated = runner.data.annotations.tracks()
    return kind_frames(annotated[0], runner.data.lengths()) if annotated else {}


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
        for task in learned or (tasks if way == "refit" else []):
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


def _calibrating(protocols: Mapping[str, Protocol], tasks: Iterable[str]) -> dict[str, int]:
    """Tasks with which a protocol calibrates, and from how many training units at most."""
    most: dict[str, int] = {}
    for protocol in protocols.values():
        gates = {question.gate for question in protocol.asked.values()}
        for name in protocol.names:
            if name.task in tasks and (protocol.calibrate.kind != "none" or name in gates):
                most[name.task] = max(protocol.calibrate.of, most.get(name.task, 0))
    return most

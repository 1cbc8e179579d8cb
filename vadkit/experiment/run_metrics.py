"""`metrics.json` of a run: figures of phases and baselines, and what they were computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import torch

from vadkit.experiment.phase_evaluation import Evaluation, compared
from vadkit.metrics.bootstrap import auc_intervals
from vadkit.metrics.figures import baseline_figures, figures_in, judge_regions
from vadkit.metrics.metrics_schema import METRICS_SCHEMA, ORACLE, Metrics, PhaseFigures
from vadkit.metrics.region_metrics import Convention, evaluate_regions
from vadkit.recipe import FrameProtocol, Phase, Protocol, Recipe
from vadkit.recipe.baselines import baselines, finished_as
from vadkit.scoring.evidence import EvidenceScores
from vadkit.scoring.fusion import box_counts, fuse
from vadkit.scoring.protocol import describe, finish, frames_that_count
from vadkit.training.trainer import PhaseRunner


@dataclass(frozen=True)
class PhaseResult:
    """A phase that is done."""

    figures: PhaseFigures
    evaluation: Evaluation | None
    """None where it was not evaluated just now: before, not asked for, or no task could score."""


def phase_figures(
    number: int,
    phase: Phase,
    evaluation: Evaluation | None,
    seconds: Mapping[str, float],
    earlier: PhaseFigures | None,
) -> PhaseFigures:
    """What `metrics.json` says of the phase of a number, from 1.

    Figures are those of an evaluation if there was one now, or those of an earlier one.
    """
    facts = {
        "number": number,
        "name": phase.title,
        "stage": phase.stage,
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }
    if earlier:
        return earlier.model_copy(update=facts)
    metrics = evaluation.metrics if evaluation else {}
    trees = {name: figures_in(tree) for name, tree in metrics.items() if name != "main"}
    heads = evaluation.heads if evaluation else None
    main = figures_in(metrics.get("main", {}))
    return PhaseFigures.model_validate({**main, "heads": heads, "also": trees, **facts})


def run_metrics(
    runner: PhaseRunner, done: Sequence[PhaseResult], final: Evaluation, notes: Sequence[str]
) -> Metrics:
    """`metrics.json`: the last phase's figures, every phase's, the baselines, the protocols."""
    protocols = {
        name: _described(runner, protocol, final.protocols.get(name, protocol))
        for name, protocol in runner.recipe.score.protocols.items()
    }
    tree = {
        "schema_version": METRICS_SCHEMA,
        "vadkit": version("vadkit"),
        **protocols.pop("main"),
        **final.metrics.get("main", {}),
        "intervals": _intervals(runner, final),
        "also": {
            name: {**described, **_reached(final.metrics.get(name, {}))}
            for name, described in protocols.items()
        },
        **_localisation(runner, final),
        "baselines": _baselines(runner, final.evidence),
        "phases": [result.figures.tree() for result in done],
        "data": {
            "fingerprint": runner.data.fingerprint(),
            "target": runner.data.dataset().fingerprint(),
            "datasets": {role: source.dataset for role, source in runner.recipe.data.items()},
            **runner.data.prepared.report,
        },
        "device": str(runner.device),
        "threads": torch.get_num_threads(),
        "world_size": runner.world.size,
        "seed": runner.recipe.seed,
        "resumed": list(notes),
    }
    return Metrics.model_validate(tree)


def _reached(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a further protocol, those of each kind of anomaly where there are any."""
    return {**figures_in(tree), **({"kinds": tree["kinds"]} if "kinds" in tree else {})}


def _intervals(runner: PhaseRunner, final: Evaluation) -> dict[str, Any] | None:
    """How far the AUCs of the main protocol move with the choice of test videos."""
    labels, borders = runner.data.annotations.labels(), runner.recipe.score.borders
    scores = {video: frames.smooth for video, frames in final.scores.items()}
    return auc_intervals(*frames_that_count(scores, labels, borders)) if labels else None


def _localisation(runner: PhaseRunner, final: Evaluation) -> dict[str, Any]:
    """The figures of regions, where it is known where the anomalies are."""
    annotated = runner.data.annotations.tracks() if final.regions else None
    if annotated is None:
        return {**judge_regions(None), "regions": None}
    tracks, derived = annotated
    frames = sum(runner.data.lengths().values())
    tree = evaluate_regions(final.regions, tracks, frames, EDGES)
    figures = {table: tree.pop(table) for table in judge_regions(None)}
    facts = {"derived": derived, "convention": asdict(EDGES)}
    return {**figures, "regions": {**tree, **facts}}


EDGES = Convention(inclusive=False, group_ties=True)
"""Boxes are edges, not pixels, and the order of files decides nothing."""


def _described(runner: PhaseRunner, protocol: Protocol, scored: Protocol) -> dict[str, Any]:
    """The protocol, which figures have to share to compare, and the scorer, which they need not."""
    return {
        "protocol": describe(
            protocol,
            labels=runner.data.dataset().label_set,
            checkpoint=_checkpoint(runner.recipe),
        ),
        "scorer": _scorer(runner, protocol, scored.calibrate.cap),
    }


def _scorer(runner: PhaseRunner, protocol: Protocol, cap: float | str) -> dict[str, Any]:
    """How units get their scores, and frames theirs of them."""
    score, tasks = runner.recipe.score, runner.model.tasks
    keys = set(Protocol.model_fields) - set(FrameProtocol.model_fields)
    return {
        **protocol.model_dump(mode="json", include=keys),
        **({} if cap == protocol.calibrate.cap else {"cap": cap}),
        "frame": "maximum over its units, 0 or the lowest score where it has none",
        "heads": score.heads,
        **({"refit_epochs": score.refit_epochs} if score.heads == "refit" else {}),
        "tasks": {name: asdict(tasks[name].config) for name in runner.bound.scoring_tasks},
        "evidence": {
            name: asdict(runner.data.prepared.part(name).config) for name in runner.bound.evidence
        },
    }


def _checkpoint(recipe: Recipe) -> str:
    hold_out = recipe.optim.hold_out
    if recipe.score.oracle:
        return ORACLE
    lowest = f"with the lowest loss on the last {hold_out:.0%} of training videos"
    which = f"epoch of each phase {lowest}" if hold_out else "last epoch of each phase"
    return f"{which}, nothing selected on test labels"


def _baselines(runner: PhaseRunner, evidence: EvidenceScores) -> dict[str, Any]:
    """What is reached under the same protocol by scores for which nothing was trained."""
    labels, times = runner.data.annotations.labels(), runner.data.times()
    protocol = runner.recipe.score
    if not labels:
        return {}
    parts = [name.task for baseline in baselines().values() for name in baseline.names]
    tables, normal = evidence.tables(parts), evidence.normal(parts)
    scores = {
        name: fuse(tables, finished_as(baseline, protocol), normal)
        for name, baseline in baselines().items()
    }
    units, _ = next(iter(tables.values()))
    scores["number of boxes"] = finish(box_counts(units), protocol)
    return {
        name: baseline_figures(compared(frames, labels, times, protocol))
        for name, frames in scores.items()
    }

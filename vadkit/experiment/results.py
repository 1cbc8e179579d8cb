"""What a run leaves behind when its last phase is done: scores, metrics, plots, model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import torch

from vadkit.data.requirements import BASELINE
from vadkit.experiment.phase_evaluation import Evaluation, compared
from vadkit.metrics.bootstrap import intervals
from vadkit.metrics.region_metrics import Convention, evaluate_regions
from vadkit.recipe import FrameProtocol, Phase, Protocol, Recipe
from vadkit.recipe.task_specs import scoring_tasks
from vadkit.report.plots import plot_losses, plot_overview, plot_phases, plot_scores
from vadkit.report.score_tables import ScoreTable, write_labels, write_regions, write_scores
from vadkit.runs.atomic import write_json
from vadkit.runs.exported_model import NORMAL, save_model
from vadkit.runs.folder import METRICS_SCHEMA, ORACLE, RunFolder
from vadkit.runs.history import read_history
from vadkit.runs.names import safe_names
from vadkit.scoring.fusion import baselines
from vadkit.scoring.protocol import describe, kept
from vadkit.training.trainer import PhaseRunner


@dataclass(frozen=True)
class PhaseResult:
    """A phase that is done."""

    figures: dict[str, Any]
    """As `metrics.json` has them under `phases`."""
    evaluation: Evaluation | None
    """None where it was not evaluated just now: before, not asked for, or no task could score."""


def phase_figures(
    number: int,
    phase: Phase,
    evaluation: Evaluation | None,
    seconds: Mapping[str, float],
    known: Mapping[str, Any],
) -> dict[str, Any]:
    """What `metrics.json` says of a phase.

    Args:
        number: Its place, from 1.
        phase: What was trained.
        evaluation: What it is worth, if it was evaluated.
        seconds: What training and evaluating took.
        known: What an evaluation before found, which stays.
    """
    others = [name for name in (evaluation.metrics if evaluation else {}) if name != "main"]
    found = {
        "heads": evaluation.heads if evaluation else None,
        **_auc(evaluation, "main"),
        "also": {name: _auc(evaluation, name) for name in others},
    }
    return {
        **found,
        **known,
        "number": number,
        "name": phase.title,
        "stage": phase.stage,
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }


Tell = Callable[..., None]
"""Told of an event, by name."""


def write_results(
    folder: RunFolder,
    runner: PhaseRunner,
    done: Sequence[PhaseResult],
    tell: Tell,
    notes: Sequence[str] = (),
) -> None:
    """Write scores and metrics first, then what can be made again from them.

    Args:
        folder: Where to.
        runner: What was trained.
        done: Every phase.
        tell: Told when a part is written.
        notes: What `metrics.json` has to say of how the run came about.

    Raises:
        ResourceError: The disk is full.
    """
    final = done[-1].evaluation
    if final is None:
        return
    with runner.data.scoring():
        _write_scores(folder, runner, final)
        tell("scores_written")
        summary = metrics(runner, done, final, notes)
        write_json(folder.metrics, summary)
        tell("metrics_written")
        export(folder, runner, final)
        tell("model_written")
        _draw_scores(folder, runner, final)
    _draw_training(folder, runner.recipe.phase, summary)
    tell("plots_written")


def _write_scores(folder: RunFolder, runner: PhaseRunner, final: Evaluation) -> None:
    names, times = safe_names(final.scores), runner.data.times()
    for video, scores in final.scores.items():
        columns = {name: of[video] for name, of in final.columns.items()}
        table = ScoreTable(times[video], scores, columns)
        write_scores(folder.scores / f"{names[video]}.csv", table)
    for video, labels in runner.data.labels().items():
        write_labels(folder.labels / f"{names[video]}.csv", labels)
    for video, found in final.regions.items():
        write_regions(folder.regions / f"{names[video]}.csv", found)


def metrics(
    runner: PhaseRunner, done: Sequence[PhaseResult], final: Evaluation, notes: Sequence[str]
) -> dict[str, Any]:
    """`metrics.json`: the last phase's figures, every phase's, the baselines, the protocols."""
    protocols = {
        name: _described(runner, protocol)
        for name, protocol in runner.recipe.score.protocols.items()
    }
    return {
        "schema_version": METRICS_SCHEMA,
        "vadkit": version("vadkit"),
        **protocols.pop("main"),
        **final.metrics.get("main", {}),
        "intervals": _intervals(runner, final),
        "also": {name: {**of, **_auc(final, name)} for name, of in protocols.items()},
        **_localisation(runner, final),
        "baselines": _baselines(runner),
        "phases": [result.figures for result in done],
        "data": {
            "fingerprint": runner.data.fingerprint(),
            "target": runner.data.dataset().fingerprint(),
            "datasets": {role: source.dataset for role, source in runner.recipe.data.items()},
            **runner.data.report,
        },
        "device": str(runner.device),
        "threads": torch.get_num_threads(),
        "world_size": runner.world.size,
        "seed": runner.recipe.seed,
        "resumed": list(notes),
    }


def _intervals(runner: PhaseRunner, final: Evaluation) -> dict[str, Any] | None:
    """How far the AUCs of the main protocol move with the choice of test videos."""
    labels, borders = runner.data.labels(), runner.recipe.score.borders
    scores = {video: of.smooth for video, of in final.scores.items()}
    return intervals(*kept(scores, labels, borders)) if labels else None


def _localisation(runner: PhaseRunner, final: Evaluation) -> dict[str, Any]:
    """RBDC and TBDC, where it is known where the anomalies are."""
    known = runner.data.tracks() if final.regions else None
    if known is None:
        return {"rbdc": None, "tbdc": None, "regions": None}
    tracks, derived = known
    frames = sum(runner.data.lengths().values())
    found = evaluate_regions(final.regions, tracks, frames, EDGES)
    facts = {"derived": derived, "convention": asdict(EDGES)}
    return {"rbdc": found.pop("rbdc"), "tbdc": found.pop("tbdc"), "regions": {**found, **facts}}


EDGES = Convention(inclusive=False, group_ties=True)
"""Boxes are edges, not pixels, and the order of files decides nothing."""


def _described(runner: PhaseRunner, protocol: Protocol) -> dict[str, Any]:
    """The protocol, which figures have to share to compare, and the scorer, which they need not."""
    return {
        "protocol": describe(
            protocol,
            labels=runner.data.dataset().label_set,
            checkpoint=_checkpoint(runner.recipe),
        ),
        "scorer": _scorer(runner, protocol),
    }


def _scorer(runner: PhaseRunner, protocol: Protocol) -> dict[str, Any]:
    """How units get their scores, and frames theirs of them."""
    score, tasks = runner.recipe.score, runner.model.tasks
    own = set(Protocol.model_fields) - set(FrameProtocol.model_fields)
    return {
        **protocol.model_dump(mode="json", include=own),
        "frame": "maximum over its units, 0 or the lowest score where it has none",
        "heads": score.heads,
        **({"refit_epochs": score.refit_epochs} if score.heads == "refit" else {}),
        "tasks": {name: asdict(tasks[name].config) for name in scoring_tasks(runner.recipe)},
    }


def _checkpoint(recipe: Recipe) -> str:
    hold_out = recipe.optim.hold_out
    if recipe.score.oracle:
        return ORACLE
    kept = f"with the lowest loss on the last {hold_out:.0%} of training videos"
    which = f"epoch of each phase {kept}" if hold_out else "last epoch of each phase"
    return f"{which}, nothing selected on test labels"


def _auc(evaluation: Evaluation | None, protocol: str) -> dict[str, Any]:
    """AUCs, EER and AP under a protocol, None where it was not evaluated."""
    own = evaluation.metrics.get(protocol, {}) if evaluation else {}
    return {name: own.get(name) for name in ("auc", "eer", "ap")}


def _baselines(runner: PhaseRunner) -> dict[str, Any]:
    """What boxes alone reach under the same protocol: nothing was learned for these."""
    labels, proxies = runner.data.labels(), runner.model.tasks.values()
    samplings = [s for proxy in proxies for s in (*proxy.samplings, proxy.score_sampling)]
    objects = [s for s in samplings if s.unit == "object" and s.role == "target"]
    if not labels:
        return {}
    units = runner.data.units((*objects, BASELINE)[0], "test")
    by_name, protocol = baselines(units, runner.recipe.score), runner.recipe.score
    return {name: compared(of, labels, protocol)["auc"] for name, of in by_name.items()}


def export(folder: RunFolder, runner: PhaseRunner, final: Evaluation) -> None:
    """Write `model/`: all that scoring another video needs."""
    state = final.model.state_dict()
    wanted = tuple(f"heads.{task}." for task in scoring_tasks(runner.recipe))
    # A head keeps its own copy of a trunk that it shared in training, and so stands alone.
    tensors = {k: v.clone() for k, v in state.items() if k.startswith(("backbones.", *wanted))}
    for task, normal in final.normal.items():
        tensors |= {f"{NORMAL}{task}/{k}": torch.from_numpy(v) for k, v in normal.arrays().items()}
    meta = {
        "vadkit": version("vadkit"),
        "recipe": runner.recipe.model_dump(mode="json"),
        "sizes": asdict(final.model.sizes),
    }
    save_model(folder.model, tensors, meta)


def _draw_scores(folder: RunFolder, runner: PhaseRunner, final: Evaluation) -> None:
    labels, times = runner.data.labels(), runner.data.times()
    names = safe_names(final.scores)
    for video, scores in final.scores.items():
        path = folder.plots / f"{names[video]}.png"
        plot_scores(path, video, scores, times[video], labels.get(video))
    smooth = {video: scores.smooth for video, scores in final.scores.items()}
    plot_overview(folder.plots / "overview.png", smooth, labels or None)


def _draw_training(folder: RunFolder, phases: Sequence[Phase], summary: dict[str, Any]) -> None:
    micro = {name: auc["micro"] for name, auc in summary["baselines"].items()}
    plot_phases(folder.plots / "phases.png", summary["phases"], micro)
    histories = {
        f"{number} {phase.title}": read_history(folder.history(number, phase.title))
        for number, phase in enumerate(phases, start=1)
    }
    plot_losses(folder.plots / "losses.png", histories)

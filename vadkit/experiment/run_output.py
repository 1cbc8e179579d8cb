"""The files that a run leaves when its last phase is done: scores, metrics, model, plots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from urllib.parse import quote

import torch

from vadkit.data.oddities import step_of
from vadkit.experiment.phase_evaluation import Evaluation
from vadkit.experiment.run_metrics import PhaseResult, run_metrics
from vadkit.metrics.metrics_schema import Metrics
from vadkit.recipe import Phase
from vadkit.registry.options import config_table
from vadkit.report.plots import plot_losses, plot_overview, plot_phases, plot_scores
from vadkit.report.reason_files import write_reasons
from vadkit.report.score_files import ScoreTable, write_labels, write_regions, write_scores
from vadkit.runs.bundle import BANK, NORMAL, WEIGHTS, write_bundle
from vadkit.runs.epochs import read_history
from vadkit.runs.folder import RunFolder
from vadkit.runs.names import safe_names
from vadkit.training.trainer import PhaseRunner

Emit = Callable[..., None]
"""Adds an event to the log of the run, by its name."""


def write_results(
    folder: RunFolder,
    runner: PhaseRunner,
    done: Sequence[PhaseResult],
    final: Evaluation | None,
    *,
    emit: Emit,
    notes: Sequence[str] = (),
) -> None:
    """Write scores and metrics first, then what can be made again from them.

    Each part is told of by `emit`; notes say in `metrics.json` how the run came about.

    Raises:
        ResourceError: The disk is full.
    """
    if final is None:
        return
    with runner.data.annotations.scoring():
        _write_scores(folder, runner, final)
        emit("scores_written")
        metrics = run_metrics(runner, done, final, notes)
        metrics.write(folder.metrics)
        emit("metrics_written")
        export(folder, runner, final)
        emit("model_written")
        _draw_scores(folder, runner, final)
    _draw_training(folder, runner.recipe.phase, metrics)
    emit("plots_written")


def _write_scores(folder: RunFolder, runner: PhaseRunner, final: Evaluation) -> None:
    names, times = safe_names(final.scores), runner.data.times()
    for video, scores in final.scores.items():
        columns = {str(name): column[video] for name, column in final.columns.items()}
        table = ScoreTable(times[video], scores, columns)
        write_scores(folder.scores / f"{names[video]}.csv", table)
        if scores.reasons:
            write_reasons(folder.reasons / f"{names[video]}.csv", scores.reasons)
    for video, labels in runner.data.annotations.labels().items():
        write_labels(folder.labels / f"{names[video]}.csv", labels)
    for video, detections in final.regions.items():
        write_regions(folder.regions / f"{names[video]}.csv", detections)


def export(folder: RunFolder, runner: PhaseRunner, final: Evaluation) -> None:
    """Write `model/`: all that scoring another video needs."""
    state = final.model.state_dict()
    heads = tuple(f"heads.{task}." for task in runner.bound.scoring_tasks)
    # A head keeps its own copy of a trunk that it shared in training, and so stands alone.
    tensors = {k: v.clone() for k, v in state.items() if k.startswith(("backbones.", *heads))}
    for task, normal in final.normal.items():
        tensors |= {f"{NORMAL}{task}/{k}": torch.from_numpy(v) for k, v in normal.arrays().items()}
    recipe, fingerprints = runner.recipe.model_dump(mode="json"), {}
    for name, binding in runner.bound.evidence.items():
        for camera, bank in final.evidence.banks(name).items():
            place = f"{BANK}{name}/{quote(camera, safe='')}"
            tensors |= {f"{place}/{key}": torch.from_numpy(array) for key, array in bank.items()}
        part = runner.data.prepared.part(name)
        # What was chosen where options leave it open: another machine would choose otherwise.
        recipe["evidence"][name] = config_table(binding.card, part.config)
        fingerprints[name] = part.fingerprint()
    meta = {
        "vadkit": version("vadkit"),
        "recipe": recipe,
        "sizes": asdict(final.model.sizes),
        "evidence": fingerprints,
        "step_s": step_of(runner.data.times("train").values()),
    }
    write_bundle(folder.model, {WEIGHTS: tensors}, meta, "the model")


def _draw_scores(folder: RunFolder, runner: PhaseRunner, final: Evaluation) -> None:
    labels, times = runner.data.annotations.labels(), runner.data.times()
    names = safe_names(final.scores)
    for video, scores in final.scores.items():
        path = folder.plots / f"{names[video]}.png"
        plot_scores(path, video, scores, times[video], labels.get(video))
    smooth = {video: scores.smooth for video, scores in final.scores.items()}
    plot_overview(folder.plots / "overview.png", smooth, labels or None)


def _draw_training(folder: RunFolder, phases: Sequence[Phase], metrics: Metrics) -> None:
    if not phases:
        return
    plot_phases(folder.plots / "phases.png", metrics.phases, metrics.baselines)
    histories = {
        f"{number} {phase.title}": read_history(folder.history(number, phase.title))
        for number, phase in enumerate(phases, start=1)
    }
    plot_losses(folder.plots / "losses.png", histories)

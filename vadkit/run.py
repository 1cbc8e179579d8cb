"""A run: the phases of a recipe one after another, each evaluated, all of it in a run folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vadkit.cards import Sampling
from vadkit.data.context import ContextStore
from vadkit.data.prepared import PreparedData
from vadkit.data.shelf import damaged
from vadkit.evaluation import evaluate_after
from vadkit.model import Model, ProxyTask, Sizes, proxy_tasks, scoring_tasks, trained_tasks
from vadkit.optim import Group
from vadkit.plugins import Registry
from vadkit.progress import Progress
from vadkit.recipe import Phase, Recipe, resolved
from vadkit.results import BASELINE, PhaseResult, title, write_results
from vadkit.rng import repeatable
from vadkit.runner import PhaseRunner, Terms
from vadkit.runs.atomic import write_text
from vadkit.runs.checkpoint import epoch_folder, prune, save_checkpoint
from vadkit.runs.events import Events
from vadkit.runs.folder import RunFolder
from vadkit.runs.history import append_history
from vadkit.runs.optimizer import flatten_optimizer
from vadkit.runs.tensors import unique_state
from vadkit.signals import stop_on_signals


def run(
    recipe: Recipe,
    registry: Registry,
    *,
    name: str = "run",
    out: Path | None = None,
    device: str = "auto",
    progress: Progress | None = None,
    source: Path | None = None,
    strict: bool = False,
) -> Path:
    """Train a recipe's curriculum and evaluate it after each phase.

    Args:
        recipe: What to do; every random number follows from its seed.
        registry: Where tasks, backbones, data sets and so on come from.
        name: Names the folder `runs/<name>-<n>` where `out` is not given.
        out: The run folder, new or empty.
        device: "cpu", "cuda", "cuda:1", ...; "auto" takes a GPU if there is one.
        progress: Where to show progress; stderr where not given.
        source: The recipe's file, of which the run folder keeps a copy.
        strict: Refuse damaged frames; otherwise their neighbours stand in, and are told.

    Returns:
        The run folder.

    Raises:
        VadkitError: One of its children, with a sentence that says what to do.
    """
    folder = RunFolder.at(out) if out else RunFolder.create("runs", name)
    with (
        folder.locked(),
        Events(folder.events) as events,
        progress or Progress() as shown,
        stop_on_signals() as stop,
        repeatable(recipe.threads),
    ):
        if source:
            write_text(folder.recipe, source.read_text("utf-8-sig"))
        write_text(folder.resolved, resolved(recipe))
        where = torch.device(_device(device))
        told = _preparing(shown, lambda: stop.check(_KEPT))
        data = PreparedData(recipe, registry, progress=told, strict=strict)
        runner = _runner(
            data, recipe, registry, where, progress=shown, interrupted=lambda: stop.check(_KEPT)
        )
        Curriculum(runner, folder, events).run()
    return folder.path


_KEPT = "Every finished epoch is kept in the run folder."


def _device(name: str) -> str:
    return ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name


def _runner(
    data: PreparedData,
    recipe: Recipe,
    registry: Registry,
    device: torch.device,
    *,
    progress: Progress,
    interrupted: Callable[[], None],
) -> PhaseRunner:
    tasks = proxy_tasks([*trained_tasks(recipe), *scoring_tasks(recipe)], recipe, registry)
    told = _preparing(progress, interrupted)
    answers = ContextStore(data, recipe, registry, device=device, progress=told)
    data.context_store = answers
    scored = [s for name in scoring_tasks(recipe) for s in _scored(tasks[name], answers)]
    trained = [sampling for task in tasks.values() for sampling in _trained(task, answers)]
    data.require(trained + (scored if _calibrates(recipe) else []), scored)
    labelled = data.labelled()  # wrong ones are better told before the training than after
    if labelled and all(sampling.unit == "frame" for sampling in scored):
        data.require([], [BASELINE])
    _tell_repairs(data, progress)
    shapes = {
        name: answers.shapes(task.samplings[0], "train", task.needs) for name, task in tasks.items()
    }
    sizes = Sizes(data.channels, data.cube_size, data.frame_size, shapes)
    model = Model(recipe, tasks, registry, sizes)
    return PhaseRunner(model, data, recipe, device, progress, interrupted)


def _calibrates(recipe: Recipe) -> bool:
    return any(of.calibrate.kind != "none" for of in recipe.score.protocols.values())


def _trained(task: ProxyTask, answers: ContextStore) -> list[Sampling]:
    """What a task reads to train, and what its teachers of objects read for it."""
    first = task.samplings[0]
    return [*task.samplings, *answers.samplings(first.role, task.needs)]


def _scored(task: ProxyTask, answers: ContextStore) -> list[Sampling]:
    """What a task reads to score, and what its teachers of objects read for it."""
    own = task.score_sampling
    return [own, *answers.samplings(own.role, task.score_needs)]


def _preparing(
    progress: Progress, interrupted: Callable[[], None]
) -> Callable[[str, int, int], None]:
    def told(what: str, done: int, total: int) -> None:
        interrupted()
        if done == total:
            progress.note(f"prepared {what}: {total} videos")

    return told


def _tell_repairs(data: PreparedData, progress: Progress) -> None:
    for place, counts in data.report.items():
        for frame, count in damaged(counts).items():
            told = "damaged frames, which their neighbours stand in for"
            progress.note(f"{frame} ({place}): {count} {told}")


class Curriculum:
    """Trains phase after phase, evaluates each, and writes what comes of it."""

    def __init__(self, runner: PhaseRunner, folder: RunFolder, events: Events) -> None:
        self._runner = runner
        self._folder = folder
        self._events = events
        self._recipe = runner.recipe

    def run(self) -> None:
        """Go through the recipe's phases, then write scores, metrics, plots and model."""
        done: list[PhaseResult] = []
        for number, phase in enumerate(self._recipe.phase, start=1):
            done.append(self._phase(number, phase))
        write_results(self._folder, self._runner, done)
        self._events.emit("run_done")

    def _phase(self, number: int, phase: Phase) -> PhaseResult:
        self._events.emit("phase_started", phase=number, stage=phase.stage)
        count = len(self._recipe.phase)
        self._runner.progress.phase(number, count, title(phase), phase.epochs)
        started = time.perf_counter()
        oracle = partial(self._oracle, number, phase) if self._recipe.score.oracle else None
        self._runner.train(phase, number, partial(self._after_epoch, number, phase), oracle)
        trained = time.perf_counter()
        self._events.emit("phase_trained", phase=number)
        last = number == len(self._recipe.phase)
        wanted = last or self._recipe.score.every_phase
        evaluation = evaluate_after(self._runner, phase, number) if wanted else None
        self._events.emit("phase_evaluated", phase=number)
        seconds = {"train": trained - started, "evaluate": time.perf_counter() - trained}
        return PhaseResult(number, phase, evaluation, seconds)

    def _oracle(self, number: int, phase: Phase) -> float | None:
        """The micro AUC on the test labels."""
        evaluation = evaluate_after(self._runner, phase, number)
        figures = evaluation.metrics["main"] if evaluation else {}
        return figures["auc"]["micro"] if figures else None

    def _after_epoch(
        self, number: int, phase: Phase, epoch: int, terms: Terms, updates: list[Group]
    ) -> None:
        rows: dict[str, str | int | float] = {"epoch": epoch, **terms}
        append_history(self._folder.history(number, title(phase)), rows)
        folder = self._folder.phase(number, title(phase))
        optim, plain = _flat(updates)
        weights = unique_state(self._runner.model)
        state = {"phase": number, "epoch": epoch, "optimizers": plain}
        what = f"phase {number} epoch {epoch}"
        save_checkpoint(epoch_folder(folder, epoch), weights, optim, state, what)
        prune(folder)
        self._events.emit("epoch_saved", phase=number, epoch=epoch)


def _flat(updates: list[Group]) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    tensors: dict[str, Tensor] = {}
    plain = []
    for index, group in enumerate(updates):
        own, rest = flatten_optimizer(group.optimizer, f"{index}.")
        tensors |= own
        plain.append(rest)
    return tensors, plain

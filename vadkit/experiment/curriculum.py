"""A curriculum in a run folder: each phase is trained once, whatever happens meanwhile."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import Tensor

from vadkit.data.data_module import BASELINE
from vadkit.errors import ResourceError
from vadkit.experiment.phase_checkpoints import PhaseFolder
from vadkit.experiment.phase_evaluation import Evaluation, evaluate_after
from vadkit.experiment.run_metrics import PhaseResult, phase_figures
from vadkit.experiment.run_output import write_results
from vadkit.experiment.task_scores import TaskScores
from vadkit.metrics import figures
from vadkit.metrics.metrics_schema import PhaseFigures
from vadkit.recipe import BoundRecipe, Phase
from vadkit.recipe.fingerprint import changed_keys, phase_facts
from vadkit.runs.bundle import Bundle
from vadkit.runs.cache import PhaseCache
from vadkit.runs.events import Events
from vadkit.runs.folder import RunFolder
from vadkit.runs.tensors import unique_state
from vadkit.scoring.camera import unlike_training
from vadkit.scoring.evidence import EvidenceScores
from vadkit.training.epoch_state import Epoch, Start
from vadkit.training.trainer import PhaseRunner
from vadkit.utils.hashing import hash_of
from vadkit.utils.machine import this_machine

REVISION = 3
"""Raised when the same recipe and data would be trained or evaluated to something else.
What is read of the same videos has its own, `data.store.video_shards.REVISION`."""


class Keys:
    """What phases and their evaluations are called in the phase cache."""

    def __init__(self, runner: PhaseRunner) -> None:
        self._runner = runner

    def weights(self, number: int) -> str:
        """The hash of all that decides the weights after a phase."""
        return hash_of(self._training(number))

    def evaluation(self, number: int) -> str:
        """The hash of all that decides what those weights are worth."""
        bound = self._runner.bound
        scoring = [bound.tasks[name] for name in bound.scoring_tasks]
        reads = [read for task in scoring for read in task.all_samplings]
        needs = [need for task in scoring for need in task.all_needs]
        facts = {
            "figures": figures.revision(),
            "score": changed_keys(bound.recipe.score),
            "scoring": [[task.facts(), task.origin] for task in scoring],
            "answers of teachers to score": self._runner.data.prepared.teachers.facts(needs),
            "data to score": self._runner.data.fingerprint(reads),
            **self._evidence_facts(bound),
        }
        return hash_of({**self._training(number), **facts})

    def _evidence_facts(self, bound: BoundRecipe) -> dict[str, Any]:
        if not bound.evidence:
            return {}
        data = self._runner.data
        evidence = [
            [part.facts(), part.origin, data.prepared.part(name).fingerprint()]
            for name, part in bound.evidence.items()
        ]
        return {"evidence": evidence, "objects": data.fingerprint([BASELINE])}

    def _training(self, number: int) -> dict[str, Any]:
        runner, first = self._runner, self._runner.bound.first_phases(number)
        tasks = [first.tasks[name] for name in sorted(first.trained_tasks)]
        machine = this_machine(runner.device, world_size=runner.world.size)
        return {
            "revision": REVISION,
            "training": phase_facts(first, number),
            "answers": runner.data.prepared.teachers.facts(
                need for task in tasks for need in task.needs
            ),
            "data": runner.data.fingerprint([read for task in tasks for read in task.samplings]),
            **machine.facts(),
        }


class Curriculum:
    """Trains phase after phase, evaluates each, and writes what comes of it.

    What is done already, in the run folder (locked by the caller) or in the phase cache, is
    restored. Of several ranks the first looks what there is and writes; the others do and read the
    same.
    """

    def __init__(
        self,
        runner: PhaseRunner,
        folder: RunFolder,
        events: Events,
        keys: Keys,
        cache: PhaseCache | None = None,
    ) -> None:
        self._runner, self._folder, self._events = runner, folder, events
        self._keys, self._cache = keys, cache
        self._phases, self._world = runner.recipe.phase, runner.world
        self._evidence = EvidenceScores(runner.data, runner.bound)
        self._snapshots: dict[str, TaskScores] = {}

    def run(self, notes: Sequence[str] = ()) -> None:
        """Go through the phases, then write scores, metrics (with notes), plots and model."""
        done = [self._phase(number, phase) for number, phase in enumerate(self._phases, start=1)]
        final = done[-1].evaluation if done else self._evaluate(0, None)
        for sentence in unlike_training(final.evidence) if final else ():
            self._runner.progress.note(f"Note: {sentence}")
        emit = self._events.emit
        write_results(self._folder, self._runner, done, final, emit=emit, notes=notes)
        self._events.emit("run_done")

    def _evaluate(self, number: int, phase: Phase | None) -> Evaluation | None:
        return evaluate_after(self._runner, phase, number, self._evidence, self._snapshots)

    def _phase(self, number: int, phase: Phase) -> PhaseResult:
        self._events.emit("phase_started", phase=number, stage=phase.stage)
        self._runner.progress.phase(number, len(self._phases), phase.title, phase.epochs)
        path, warn = self._folder.phase(number, phase.title), self._runner.progress.note
        checkpoints = PhaseFolder(path, f"phase {number}", warn)
        started = time.perf_counter()
        self._trained(number, phase, checkpoints)
        seconds = time.perf_counter() - started
        self._events.emit("phase_trained", phase=number, seconds=round(seconds, 3))
        result = self._evaluated(number, phase, checkpoints, seconds)
        self._events.emit("phase_evaluated", phase=number)
        return result

    def _trained(self, number: int, phase: Phase, checkpoints: PhaseFolder) -> None:
        """Bring the model to where the phase leads, with as little training as is left."""
        newest = self._newest(checkpoints)
        if newest and newest.state["epoch"] == phase.epochs:
            self._restore(number, phase, checkpoints.weights(newest), "run")
            return
        with self._claimed(number) as cached:
            if cached:
                checkpoints.put(phase.epochs, cached)
            if self._world.same(cached is not None):
                self._restore(number, phase, checkpoints.epoch(phase.epochs).weights, "cache")
                return
            self._train(number, phase, checkpoints, checkpoints.start(newest) if newest else None)
            state = {"history": checkpoints.history()}
            self._keep(self._keys.weights, number, unique_state(self._runner.model), state)

    def _newest(self, checkpoints: PhaseFolder) -> Bundle | None:
        """The newest epoch in the run folder, as the first rank finds it."""
        newest = checkpoints.newest() if self._world.leads else None
        epoch = int(self._world.same(newest.state["epoch"] if newest else -1))
        return newest or (checkpoints.epoch(epoch) if epoch >= 0 else None)

    @contextmanager
    def _claimed(self, number: int) -> Iterator[Bundle | None]:
        """What the cache has of a phase; while it has nothing, nobody else begins it."""
        if self._cache is None:
            yield None
            return
        key = self._keys.weights(number)
        messages: list[str] = []

        def waiting() -> None:
            self._runner.interrupted()
            if not messages:
                messages.append(f"phase {number} is being trained by another run; waiting for it")
                self._runner.progress.note(messages[0])

        with self._cache.claimed(key, waiting):
            yield self._cache.get(key)

    def _restore(
        self, number: int, phase: Phase, weights: Mapping[str, Tensor], source: str
    ) -> None:
        self._runner.restore(phase, number, weights)
        self._runner.progress.note(f"phase {number} restored from the {source}")
        self._events.emit("phase_restored", phase=number, source=source)

    def _train(
        self, number: int, phase: Phase, checkpoints: PhaseFolder, start: Start | None
    ) -> None:
        def after(epoch: Epoch) -> None:
            if self._world.leads:
                checkpoints.save(epoch, unique_state(self._runner.model))
            self._events.emit("epoch_saved", phase=number, epoch=epoch.number, steps=epoch.steps)

        oracle = partial(self._oracle, number, phase) if self._runner.recipe.score.oracle else None
        self._runner.train(phase, number, after, oracle=oracle, start=start)

    def _oracle(self, number: int, phase: Phase) -> float | None:
        """The micro AUC on the test labels."""
        evaluation = self._evaluate(number, phase)
        micro = figures.MICRO_AUC.value(evaluation.metrics["main"]) if evaluation else None
        worth = self._world.same(math.nan if micro is None else micro)
        return None if math.isnan(worth) else worth

    def _evaluated(
        self, number: int, phase: Phase, checkpoints: PhaseFolder, trained_s: float
    ) -> PhaseResult:
        """What the model is worth; only of the last phase every score is needed, too."""
        last, started = number == len(self._phases), time.perf_counter()
        earlier = None if last else checkpoints.evaluation() or self._cached_figures(number)
        evaluation = None
        if self._world.same(earlier is None) and (last or self._runner.recipe.score.every_phase):
            evaluation = self._evaluate(number, phase)
        seconds = {"train": trained_s, "evaluate": time.perf_counter() - started}
        judged = phase_figures(number, phase, evaluation, seconds, earlier)
        if self._world.leads:
            checkpoints.write_evaluation(judged)
        if evaluation:
            self._keep(self._keys.evaluation, number, {}, {"figures": judged.tree()})
        return PhaseResult(judged, evaluation)

    def _cached_figures(self, number: int) -> PhaseFigures | None:
        entry = self._cache.get(self._keys.evaluation(number)) if self._cache else None
        return PhaseFigures.model_validate(entry.state["figures"]) if entry else None

    def _keep(
        self,
        key: Callable[[int], str],
        number: int,
        weights: Mapping[str, Tensor],
        state: dict[str, Any],
    ) -> None:
        """Put something into the cache; one that is full costs others time, and not this run."""
        if self._cache is None:
            return
        what = " -> ".join(phase.title for phase in self._phases[:number])
        try:
            self._cache.put(key(number), weights, state, what if weights else f"{what}: figures")
        except ResourceError as error:
            self._runner.progress.note(f"not kept in the phase cache: {error}")

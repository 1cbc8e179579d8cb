"""The phase runner: trains the tasks of one phase together."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from vadkit.data.batch_loader import Part
from vadkit.data.data_module import PreparedData
from vadkit.distributed.world import SOLO, World
from vadkit.recipe import BoundRecipe, Phase, Recipe, TaskEntry
from vadkit.registry.isolation import enough_memory
from vadkit.runs.tensors import load_state, restore_optimizer
from vadkit.training.epoch_state import AfterEpoch, Best, Epoch, Judge, Start, Terms
from vadkit.training.model import Model, Parts
from vadkit.training.optim import Group, groups, schedule
from vadkit.training.task_batches import Batches, TaskBatches, held_out_loss
from vadkit.training.task_loss import Place, TaskLoss, not_finite, refuse_broken_weights
from vadkit.utils.progress import Progress
from vadkit.utils.rng import seeded


@dataclass
class PhaseRunner:
    """Trains phases; the same phase from the same weights gives the same weights again."""

    model: Model
    data: PreparedData
    bound: BoundRecipe
    device: torch.device
    progress: Progress
    interrupted: Callable[[], None]
    """Raises after a signal; asked after each step."""
    world: World = SOLO
    """The processes that train together, each on its part of every batch."""
    snapshots: dict[str, Parts] = field(default_factory=dict)
    """Task -> what its last phase left, where it scores with that."""

    @property
    def recipe(self) -> Recipe:
        """The recipe's values."""
        return self.bound.recipe

    @property
    def _batches(self) -> TaskBatches:
        return TaskBatches(self.data, self.bound, self.device, self.world)

    @property
    def _loss(self) -> TaskLoss:
        return TaskLoss(self.model, self.recipe, self.device)

    def train(
        self,
        phase: Phase,
        number: int,
        after_epoch: AfterEpoch,
        *,
        oracle: Judge | None = None,
        start: Start | None = None,
    ) -> None:
        """Train every epoch of a phase, or those that are left.

        Args:
            phase: What is trained.
            number: Its place in the curriculum, from 1; random numbers depend on it.
            after_epoch: Called with each epoch that is done.
            oracle: Keep the epoch that it judges best, and not the last or the one with the
                lowest loss on what is held out.
            start: Go on from here; the weights are then, bit for bit, as if nothing had happened.

        Raises:
            NumericError: A loss is not finite and nothing was updated with it, or weights are not.
            PluginError: A task broke its contract.
            ResourceError: Memory ran out.
        """
        self.model.begin(phase, self.recipe.seed, number)
        self.model.to(self.device)
        self.world.normalised(self.model)
        updates, best = self._groups(phase), Best(self.model)
        if start:
            self._go_on(start, updates, best)
        for epoch in range(start.epoch + 1 if start else 1, phase.epochs + 1):
            with seeded(self.recipe.seed, "phase", number, "epoch", epoch, *self.world.random_key):
                with enough_memory(f"training phase {number}"):
                    terms, steps = self._epoch(phase, number, epoch, updates)
                refuse_broken_weights(self.model, number, epoch)
                if self.recipe.optim.hold_out:
                    terms["held_out"] = held_out_loss(updates, number, self._batches, self._loss)
                if (worth := oracle() if oracle else _worth(terms)) is not None:
                    best.note(epoch, worth)
                after_epoch(Epoch(epoch, steps, terms, updates, best))
            # After the last step only now, so that its epoch is not lost.
            self.world.together(self.interrupted)
        best.restore()
        self._keep(phase)

    def _groups(self, phase: Phase) -> list[Group]:
        """What is updated, each with the forward pass that it learns by."""
        updates = groups(self.model, phase, self.recipe.optim)
        for group in updates:
            group.losses = self.world.parallel(self._losses, group.weights)
        return updates

    def _go_on(self, start: Start, updates: list[Group], best: Best) -> None:
        load_state(self.model, start.weights, f"epoch {start.epoch}")
        for index, (group, plain) in enumerate(zip(updates, start.optimizers, strict=True)):
            restore_optimizer(group.optimizer, start.moments, dict(plain), f"{index}.")
        if start.best:
            best.note(*start.best)

    def restore(self, phase: Phase, number: int, weights: Mapping[str, Tensor]) -> None:
        """Restore a finished phase's weights, in place of its training."""
        self.model.begin(phase, self.recipe.seed, number)
        self.model.to(self.device)
        load_state(self.model, weights, f"phase {number}")
        self._keep(phase)

    def _keep(self, phase: Phase) -> None:
        """Keep what the phase's tasks score with, where later phases are not to change that."""
        if self.recipe.score.heads == "snapshot":
            names = {entry.name for entry in phase.tasks} & {*self.bound.scoring_tasks}
            self.snapshots |= {name: self.model.parts(name) for name in sorted(names)}

    def _epoch(
        self, phase: Phase, number: int, epoch: int, updates: list[Group]
    ) -> tuple[Terms, int]:
        # Batch norm normalises with each batch, and its running statistics, with which scoring
        # normalises, follow every batch of every phase; those of a frozen backbone, too.
        self.model.train()
        batches, steps = self._batches.epoch(phase, number, epoch)
        self.progress.epoch(epoch, steps, self._batches.unit(phase))
        total: Counter[str] = Counter()
        for step in range(steps):
            rate = schedule(self.recipe.optim, epoch - 1 + step / steps, phase.epochs)
            place = Place(number, epoch, step, self.world.rank)
            total.update(self._step(updates, rate, batches, place))
            if step + 1 < steps:
                self.world.together(self.interrupted)
        self.world.level(self.model)
        return self.world.mean({name: value / steps for name, value in total.items()}), steps

    def _step(self, updates: list[Group], rate: float, batches: Batches, place: Place) -> Terms:
        started = time.perf_counter()
        active = [entry for group in updates for entry in group.active(place.epoch)]
        read = {entry.name: next(batches[entry.name]) for entry in active}
        waited = time.perf_counter() - started
        terms: Terms = {}
        for group in updates:
            terms |= self._update(group, rate, read, place)
        units = sum(part.units for part in read.values())
        self.progress.step(terms, units, waited, time.perf_counter() - started)
        return terms

    def _update(self, group: Group, rate: float, read: Read, place: Place) -> Terms:
        """Take one step on the weighted sum of a group's losses."""
        active = group.active(place.epoch)
        if not active:
            return {}
        losses = group.losses(active, group.factor, read, place)
        parts = [read[entry.name].weight for entry in active]
        terms = _merged(active, losses, parts)
        weighted = zip(active, losses, parts, strict=True)
        loss = _sum(e.weight * part * _sum(terms_of.values()) for e, terms_of, part in weighted)
        if not math.isfinite(loss.item()):
            raise not_finite(terms, place)
        group.step(loss, rate)
        return terms

    def _losses(
        self, active: list[TaskEntry], factor: float, read: Read, place: Place
    ) -> list[Mapping[str, Tensor]]:
        loss = self._loss
        return [loss.terms(entry, read[entry.name].batch, place, factor) for entry in active]


Read = Mapping[str, Part]
"""Task -> what it reads in a step."""


def _worth(terms: Terms) -> float | None:
    """By what is held out; None where nothing is."""
    return -terms["held_out"] if "held_out" in terms else None


def _sum(terms: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(terms)).sum()


def _merged(
    entries: list[TaskEntry], losses: list[Mapping[str, Tensor]], parts: list[float]
) -> Terms:
    """All terms by name, such that their mean over the processes is that of the whole batch."""
    return {
        f"{entry.name}.{name}": part * value.item()
        for entry, terms, part in zip(entries, losses, parts, strict=True)
        for name, value in terms.items()
    }

"""The phase runner: trains the tasks of one phase together."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from vadkit.data.batch_loader import Loader, Part
from vadkit.data.data_module import PreparedData
from vadkit.distributed.world import SOLO, World
from vadkit.errors import NumericError, PluginError
from vadkit.recipe import Phase, Recipe, TaskEntry
from vadkit.registry.isolation import blamed, enough_memory
from vadkit.runs.optimizer import restore_optimizer
from vadkit.runs.tensors import load_state
from vadkit.task import Batch
from vadkit.training.epoch_state import AfterEpoch, Best, Epoch, Judge, Start, Terms
from vadkit.training.model import Model, precision
from vadkit.training.optim import Group, groups, schedule
from vadkit.utils.progress import Progress
from vadkit.utils.rng import generator, seeded


class Place(NamedTuple):
    """Where in the training a step is; its random numbers depend on nothing else."""

    phase: int
    epoch: int
    step: int
    rank: int = 0
    """Of several processes, which see other units and so draw other numbers."""

    @property
    def purpose(self) -> tuple[int, ...]:
        """What the numbers are for; the first rank's are those of a process by itself."""
        return tuple(self) if self.rank else self[:3]


@dataclass
class PhaseRunner:
    """Trains phases; the same phase from the same weights gives the same weights again."""

    model: Model
    data: PreparedData
    recipe: Recipe
    device: torch.device
    progress: Progress
    interrupted: Callable[[], None]
    """Raises after a signal; asked after each step."""
    world: World = SOLO
    """The processes that train together, each on its part of every batch."""

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
            with seeded(self.recipe.seed, "phase", number, "epoch", epoch, *self.world.own):
                with enough_memory(f"training phase {number}"):
                    terms, steps = self._epoch(phase, number, epoch, updates)
                self._refuse_broken_weights(number, epoch)
                if self.recipe.optim.hold_out:
                    terms["held_out"] = self._held_out_loss(updates, number)
                if (worth := oracle() if oracle else self._worth(terms)) is not None:
                    best.note(epoch, worth)
                after_epoch(Epoch(epoch, steps, terms, updates, best))
            # After the last step only now, so that its epoch is not lost.
            self.world.together(self.interrupted)
        best.restore()

    def _groups(self, phase: Phase) -> list[Group]:
        """What is updated, each with the forward pass that it learns by."""
        made = groups(self.model, phase, self.recipe.optim)
        for group in made:
            group.losses = self.world.parallel(self._losses, group.weights)
        return made

    def _go_on(self, start: Start, updates: list[Group], best: Best) -> None:
        load_state(self.model, start.weights, f"epoch {start.epoch}")
        for index, (group, plain) in enumerate(zip(updates, start.optimizers, strict=True)):
            restore_optimizer(group.optimizer, start.moments, dict(plain), f"{index}.")
        if start.best:
            best.note(*start.best)

    def restore(self, phase: Phase, number: int, weights: Mapping[str, Tensor]) -> None:
        """Put the weights that a phase came to back, in place of its training.

        Raises:
            DataError: They are not of this model.
        """
        self.model.begin(phase, self.recipe.seed, number)
        self.model.to(self.device)
        load_state(self.model, weights, f"phase {number}")

    def _epoch(
        self, phase: Phase, number: int, epoch: int, updates: list[Group]
    ) -> tuple[Terms, int]:
        self.model.train()
        batches, steps = self._batches(phase, number, epoch)
        self.progress.epoch(epoch, steps, self._unit(phase))
        total: Counter[str] = Counter()
        for step in range(steps):
            rate = schedule(self.recipe.optim, epoch - 1 + step / steps, phase.epochs)
            place = Place(number, epoch, step, self.world.rank)
            total.update(self._step(updates, rate, batches, place))
            if step + 1 < steps:
                self.world.together(self.interrupted)
        self.world.level(self.model)
        return self.world.mean({name: value / steps for name, value in total.items()}), steps

    def _worth(self, terms: Terms) -> float | None:
        """By what is held out; None where nothing is."""
        return -terms["held_out"] if "held_out" in terms else None

    def _held_out_loss(self, updates: list[Group], number: int) -> float:
        """The phase's loss on what is held out, with the same batches and views each time.

        Of the tasks that the backbone is to be good at: for others it ascends.
        """
        self.model.eval()
        tasks = [entry for group in updates for entry in group.entries if group.factor >= 0]
        return sum(entry.weight * self._held_out_mean(entry, number) for entry in tasks)

    @torch.no_grad()
    def _held_out_mean(self, entry: TaskEntry, number: int) -> float:
        loader = self._loader(entry, (number, "held out"), held_out=True)
        found = torch.zeros(2, len(loader), dtype=torch.float64)
        for step, batch in loader.dealt(self.world.rank, self.world.size):
            losses, units = self._loss(entry, batch, Place(number, 0, step), 0), len(batch.clips)
            found[0, step], found[1, step] = _sum(losses.values()).item() * units, units
        total, units = (sum(row) for row in self.world.sum(found).tolist())
        return total / units

    def _unit(self, phase: Phase) -> str:
        units = {self.model.tasks[entry.name].samplings[0].unit for entry in phase.tasks}
        return {"object": "cubes", "frame": "frames"}[units.pop()] if len(units) == 1 else "units"

    def _batches(self, phase: Phase, number: int, epoch: int) -> tuple[Batches, int]:
        """Endless batches for each task, and the steps in which the longest data are seen once."""
        loaders = {entry.name: self._loader(entry, (number, epoch)) for entry in phase.tasks}
        steps = max(len(loader) for loader in loaders.values())
        return {name: _endless(of) for name, of in loaders.items()}, min(
            steps, phase.steps or steps
        )

    def _loader(
        self, entry: TaskEntry, order: tuple[int | str, ...], *, held_out: bool = False
    ) -> Loader:
        proxy = self.model.tasks[entry.name]
        loader = self.data.loader(
            proxy.samplings,
            "train",
            self.recipe.optim.batch,
            seed=(self.recipe.seed, *order),
            device=self.device,
            needs=proxy.needs,
            held_out=held_out,
        )
        return loader if held_out else loader.split(self.world.rank, self.world.size)

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
        loss = _sum(e.weight * part * _sum(of.values()) for e, of, part in weighted)
        if not math.isfinite(loss.item()):
            raise _not_finite(terms, place)
        group.step(loss, rate)
        return terms

    def _losses(
        self, active: list[TaskEntry], factor: float, read: Read, place: Place
    ) -> list[Mapping[str, Tensor]]:
        return [self._loss(entry, read[entry.name].batch, place, factor) for entry in active]

    def _loss(
        self, entry: TaskEntry, batch: Batch, place: Place, factor: float
    ) -> Mapping[str, Tensor]:
        """The task's terms, and the backbone's own where the task's factor lets it learn."""
        proxy = self.model.tasks[entry.name]
        rng = generator(self.recipe.seed, "views", *place.purpose, entry.name)
        with blamed("task", entry.name, "views"):
            views = proxy.task.views(batch, rng, training=True)
        with blamed("task", entry.name, "backbone or head"), precision(self.recipe, self.device):
            outputs, own = self.model.outputs(entry.name, views, frozen=factor == 0)
        with blamed("task", entry.name, "loss"):
            terms = _checked(entry.name, proxy.task.loss(outputs, views.targets))
        return {**terms, **(own if factor > 0 else {})}

    def _refuse_broken_weights(self, number: int, epoch: int) -> None:
        """A finite loss can have a gradient that is not; such weights must never be saved."""
        state = self.model.state_dict()
        bad = next((name for name, of in state.items() if not bool(of.isfinite().all())), None)
        if bad:
            raise NumericError(
                f"Phase {number}, epoch {epoch}: the weights '{bad}' hold NaN or infinity; this "
                "epoch is not saved.",
                _GENTLER,
            )


Batches = Mapping[str, Iterator[Part]]
"""Task -> its batches."""
Read = Mapping[str, Part]
"""Task -> what it reads in a step."""

_GENTLER = (
    'Try a lower `optim.lr` or `--set precision="fp32"`; the weights of earlier epochs are kept.'
)


def _endless(loader: Loader) -> Iterator[Part]:
    while True:
        yield from loader.parts()


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


def _checked(task: str, terms: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Name a broken contract where it is broken, not deep inside an optimizer."""
    if not isinstance(terms, Mapping) or not terms:
        raise PluginError(f"Task '{task}' returned no loss term.", "`loss` returns name -> scalar.")
    training = torch.is_grad_enabled()
    for name, term in terms.items():
        if not isinstance(term, Tensor) or term.ndim or (training and not term.requires_grad):
            raise PluginError(
                f"The loss term '{name}' of task '{task}' is not a scalar tensor with a gradient.",
                "docs/write-a-task.md says what the contract asks for.",
            )
    return terms


def _not_finite(terms: Terms, place: Place) -> NumericError:
    bad = next((name for name, value in terms.items() if not math.isfinite(value)), "the sum")
    return NumericError(
        f"Phase {place.phase}, epoch {place.epoch}, step {place.step + 1}: "
        f"the loss '{bad}' is {terms.get(bad, math.nan)}; nothing was updated with it.",
        _GENTLER,
    )

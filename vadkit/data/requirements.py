"""What a recipe's tasks read: which clips of which videos, and what is asked of teachers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from vadkit.data.dataset import Split
from vadkit.data.teachers.context import ContextStore
from vadkit.recipe import Recipe
from vadkit.recipe.task_specs import DeclaredTask, scoring_tasks, trained_tasks
from vadkit.registry.cards import Need, Sampling
from vadkit.registry.registry import Registry

BASELINE = Sampling(frames=1)
"""Objects, whose boxes are held against a recipe of whole frames too."""


class Read(NamedTuple):
    """What a task reads of a split: samplings, of which the first brings the units, and needs."""

    split: Split
    samplings: tuple[Sampling, ...]
    needs: tuple[Need, ...]


@dataclass(frozen=True)
class Required:
    """All that the tasks of a recipe read."""

    reads: tuple[Read, ...]
    trained: list[Sampling]
    """Of training videos, with what teachers of objects see there."""
    scored: list[Sampling]
    """Of test videos, likewise."""

    @property
    def samplings(self) -> list[Sampling]:
        """All of them, each once."""
        return list(dict.fromkeys([*self.trained, *self.scored]))

    @property
    def frames_alone(self) -> bool:
        """Whether objects are never scored."""
        return all(sampling.unit == "frame" for sampling in self.scored)


def required(recipe: Recipe, registry: Registry, answers: ContextStore) -> Required:
    """Find what the tasks read that a recipe trains and scores.

    Args:
        recipe: Names the tasks.
        registry: Where they come from.
        answers: Knows what teachers see.

    Raises:
        PluginError: A need has no teacher.
    """
    scoring = scoring_tasks(recipe)
    names = dict.fromkeys([*trained_tasks(recipe), *scoring])
    tasks = {name: DeclaredTask(name, recipe, registry) for name in names}
    trained = [Read("train", task.samplings, task.needs) for task in tasks.values()]
    scored = [
        Read("test", (tasks[name].score_sampling,), tasks[name].score_needs) for name in scoring
    ]
    if any(of.calibrate.kind != "none" for of in recipe.score.protocols.values()):
        trained += [read._replace(split="train") for read in scored]
    return Required((*trained, *scored), _samplings(trained, answers), _samplings(scored, answers))


def _samplings(reads: Iterable[Read], answers: ContextStore) -> list[Sampling]:
    """What is read, with what teachers of objects see for it."""
    return [
        sampling
        for read in reads
        for sampling in (
            *read.samplings,
            *answers.samplings(read.samplings[0].role, read.needs),
        )
    ]

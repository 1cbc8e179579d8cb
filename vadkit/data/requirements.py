"""What a recipe's tasks read: which clips of which videos, and what is asked of teachers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vadkit.data.dataset import Split
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


BASELINES = Read("test", (BASELINE,), ())


def required(recipe: Recipe, registry: Registry, *, labelled: Callable[[], bool]) -> list[Read]:
    """What the tasks read that a recipe trains and scores, training videos first.

    Args:
        recipe: Names the tasks.
        registry: Where they come from.
        labelled: Whether scores will be evaluated; asked where objects are never scored.
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
    frames_alone = all(read.samplings[0].unit == "frame" for read in scored)
    return [*trained, *scored, *([BASELINES] if frames_alone and labelled() else [])]

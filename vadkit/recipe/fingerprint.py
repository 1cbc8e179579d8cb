"""What a recipe says that decides the weights after a phase.

Two curricula that begin alike train their common beginning once: in a sweep, and in any later run
that finds it in the phase cache.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vadkit.recipe import Recipe
from vadkit.recipe.task_specs import DeclaredTask, trained_tasks
from vadkit.registry.registry import Registry
from vadkit.utils.hashing import hash_of

_TARGET = "target"


def prefix_facts(recipe: Recipe, registry: Registry, number: int) -> dict[str, Any]:
    """JSON values that decide the weights after a phase, but for the content of the data.

    Labels, later phases and what only they use do not count, and how scores are made only where
    they choose the weights.

    Args:
        recipe: As `load_recipe` gives it, with every default.
        registry: Where its plugins come from.
        number: The phase, from 1.
    """
    tasks = _begun(recipe, registry, number)
    roles = {need.role for task in tasks.values() for need in task.needs}
    backbones = {"main": recipe.backbone, **recipe.backbones}
    general = {"seed", "precision", "channels", "objects", "frames", "optim"}
    return {
        **recipe.model_dump(mode="json", include=general),
        "phases": [
            phase.model_dump(mode="json", exclude={"stage"}) for phase in recipe.phase[:number]
        ],
        "tasks": {name: [origin(registry, "task", name), recipe.tasks.get(name)] for name in tasks},
        "teachers": _teachers(recipe, registry, roles),
        "backbones": {
            name: [origin(registry, "backbone", of.name), of.model_dump(mode="json")]
            for name, of in backbones.items()
        },
        "oracle": recipe.score.model_dump(mode="json") if recipe.score.oracle else None,
    }


def prefix_key(recipe: Recipe, registry: Registry, number: int) -> str:
    """A hash that two recipes share if their first phases train the same on the same data sets."""
    tasks = _begun(recipe, registry, number)
    roles = {_TARGET, *(read.role for task in tasks.values() for read in task.samplings)}
    data = {
        role: source.model_dump(mode="json")
        for role, source in recipe.data.items()
        if role in roles
    }
    return hash_of({**prefix_facts(recipe, registry, number), "data": data})


def _begun(recipe: Recipe, registry: Registry, number: int) -> dict[str, DeclaredTask]:
    """The tasks of the first phases, by name."""
    first = recipe.model_copy(update={"phase": recipe.phase[:number]})
    return {name: DeclaredTask(name, recipe, registry) for name in trained_tasks(first)}


def _teachers(recipe: Recipe, registry: Registry, roles: Iterable[str]) -> dict[str, Any]:
    """Role -> which teacher answers, and which revision of it."""
    return {
        role: [origin(registry, "teacher", source.name), source.model_dump(mode="json")]
        for role, source in sorted(recipe.teachers.items())
        if role in set(roles)
    }


def origin(registry: Registry, kind: str, name: str) -> str:
    """Whose plugin it is, and which revision of its behaviour."""
    return f"{registry.source(kind, name)} revision {registry.card(kind, name).revision}"

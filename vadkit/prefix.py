"""What a recipe says that decides the weights after a phase.

Two curricula that begin alike train their common beginning once: in a sweep, and in any later run
that finds it in the phase cache.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from vadkit.cards import Need, Sampling, TaskCard
from vadkit.plugins import Registry
from vadkit.recipe import Recipe

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
    phases = recipe.phase[:number]
    tasks = list(dict.fromkeys(entry.name for phase in phases for entry in phase.tasks))
    roles = {need.role for name in tasks for need in _needs(recipe, registry, name)}
    backbones = {"main": recipe.backbone, **recipe.backbones}
    general = {"seed", "precision", "channels", "objects", "frames", "optim"}
    return {
        **recipe.model_dump(mode="json", include=general),
        "phases": [phase.model_dump(mode="json", exclude={"stage"}) for phase in phases],
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
    samplings = _prefix_samplings(recipe, registry, number)
    roles = {_TARGET, *(sampling.role for sampling in samplings)}
    data = {
        role: source.model_dump(mode="json")
        for role, source in recipe.data.items()
        if role in roles
    }
    return hash_of({**prefix_facts(recipe, registry, number), "data": data})


def _prefix_samplings(recipe: Recipe, registry: Registry, number: int) -> list[Sampling]:
    """What the first phases read to train."""
    names = dict.fromkeys(entry.name for phase in recipe.phase[:number] for entry in phase.tasks)
    return [one for name in names for one in _samplings(recipe, registry, name)]


def _samplings(recipe: Recipe, registry: Registry, task: str) -> tuple[Sampling, ...]:
    return _card(registry, task).reads(_config(recipe, registry, task))


def _needs(recipe: Recipe, registry: Registry, task: str) -> tuple[Need, ...]:
    return _card(registry, task).needs(_config(recipe, registry, task))


def _teachers(recipe: Recipe, registry: Registry, roles: Iterable[str]) -> dict[str, Any]:
    """Role -> which teacher answers, and which revision of it."""
    return {
        role: [origin(registry, "teacher", source.name), source.model_dump(mode="json")]
        for role, source in sorted(recipe.teachers.items())
        if role in set(roles)
    }


def hash_of(facts: Mapping[str, Any]) -> str:
    """A hash of JSON values."""
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def origin(registry: Registry, kind: str, name: str) -> str:
    """Whose plugin it is, and which revision of its behaviour."""
    return f"{registry.source(kind, name)} revision {registry.card(kind, name).revision}"


def _card(registry: Registry, name: str) -> TaskCard:
    return cast(TaskCard, registry.card("task", name))


def _config(recipe: Recipe, registry: Registry, name: str) -> Any:
    return registry.options(_card(registry, name), recipe.tasks.get(name, {}))

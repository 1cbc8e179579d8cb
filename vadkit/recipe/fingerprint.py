"""Hashes of recipes: the JSON values that decide a result.

A key at its default is left out, so that a key which a later version adds leaves the hashes of
older recipes as they were. Whoever changes a default changes results: then a revision is raised.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from vadkit.recipe.bound_recipe import BoundRecipe
from vadkit.utils.hashing import hash_of

NAMES = frozenset({"name", "dataset", "kind"})
"""Keys that say which of several things is meant; they stay also at their default."""


def changed_keys(table: BaseModel, always: Collection[str] = NAMES) -> dict[str, Any]:
    """JSON values of a table's keys that are not at their default.

    Those named in `always`, here and in tables below, stay at their default too.
    """
    keys = {
        name: _changed(value, always)
        for name, field in type(table).model_fields.items()
        if (value := getattr(table, name)) != field.get_default(call_default_factory=True)
        or name in always
    }
    return {**keys, **to_jsonable_python(table.__pydantic_extra__ or {})}


def _changed(value: Any, always: Collection[str]) -> Any:
    if isinstance(value, BaseModel):
        return changed_keys(value, always)
    if isinstance(value, dict):
        return {key: _changed(item, always) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_changed(item, always) for item in value]
    return to_jsonable_python(value)


def recipe_facts(bound: BoundRecipe) -> dict[str, Any]:
    """JSON values of all that a recipe says, but for threads and what its stages are called."""
    phases = tuple(phase.model_copy(update={"stage": ""}) for phase in bound.recipe.phase)
    objects = bound.recipe.objects.model_copy(update={"detectors": ()})
    plain = {"threads": None, "phase": phases, "objects": objects}
    keys = changed_keys(bound.recipe.model_copy(update=plain))
    return {
        **{key: value for key, value in keys.items() if key not in _PLUGGED},
        "detectors": [detector.facts() for detector in bound.detectors],
        "tasks": {name: task.facts() for name, task in bound.tasks.items()},
        "teachers": {role: teacher.facts() for role, teacher in bound.teachers.items()},
        "backbones": {name: backbone.facts() for name, backbone in bound.backbones.items()},
        "data": {role: dataset.facts() for role, dataset in bound.datasets.items()},
    }


_PLUGGED = {"data", "backbone", "backbones", "teachers", "tasks"}
"""Tables that name plugins, of which only options are told that are not at their default."""


def phase_facts(bound: BoundRecipe, number: int) -> dict[str, Any]:
    """JSON values that decide the weights after a phase, but for the content of the data.

    Labels, later phases and what only they use do not count, and how scores are made only where
    they choose the weights.

    Args:
        bound: As `load_recipe` gives it, with every default.
        number: The phase, from 1.
    """
    first = bound.first_phases(number)
    facts, tasks = recipe_facts(first), [first.tasks[name] for name in first.trained_tasks]
    roles = {need.role for task in tasks for need in task.needs}
    facts["tasks"] = {task.name: facts["tasks"][task.name] for task in tasks}
    facts["teachers"] = {
        role: teacher for role, teacher in facts["teachers"].items() if role in roles
    }
    teachers = [first.teachers[role] for role in sorted(facts["teachers"])]
    used = (*tasks, *first.backbones.values(), *teachers)
    facts["origins"] = [plugin.origin for plugin in used]
    for key in ("data",) if first.recipe.score.oracle else ("data", "score"):
        del facts[key]
    return facts


def phase_key(bound: BoundRecipe, number: int) -> str:
    """A hash that two recipes share if their first phases train the same on the same data sets."""
    first = bound.first_phases(number)
    data = {
        role: dataset.facts()
        for role, dataset in first.datasets.items()
        if role in first.data_roles
    }
    return hash_of({**phase_facts(bound, number), "data": data})

"""The recipe: a curriculum, and the data bound to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vadkit.recipe.answerable import answerable
from vadkit.recipe.bound_recipe import BoundRecipe
from vadkit.recipe.diagnostics import Problem, first_of, problems_error
from vadkit.recipe.loader import Source, find_recipe, read_source, shipped_recipes
from vadkit.recipe.overrides import apply_set, apply_value, bind_boxes, bind_data, file_boxes
from vadkit.recipe.presets import preset, presets, with_presets
from vadkit.recipe.schema import (
    DetectorSource,
    FrameProtocol,
    Phase,
    Protocol,
    Recipe,
    Smooth,
    TaskEntry,
)
from vadkit.recipe.schema_errors import model_problems, without
from vadkit.recipe.score_name import ScoreName
from vadkit.recipe.toml_tables import own_options, plugged
from vadkit.recipe.validation import binding_problems, name_problems
from vadkit.registry.options import config_table
from vadkit.registry.registry import Registry, load_plugins

__all__ = [
    "BoundRecipe",
    "FrameProtocol",
    "Phase",
    "Protocol",
    "Recipe",
    "ScoreName",
    "Smooth",
    "TaskEntry",
    "changed_source",
    "compile_recipe",
    "completed",
    "file_detector",
    "find_recipe",
    "load_recipe",
    "preset",
    "presets",
    "resolved",
    "schema",
    "shipped_recipes",
]


def load_recipe(
    name: str | Path,
    sets: Sequence[str] | Mapping[str, Any] = (),
    data: Sequence[str] = (),
    boxes: Path | None = None,
    registry: Registry | None = None,
) -> BoundRecipe:
    """Read, change, validate and complete a recipe, and bind its names to plugins.

    Arguments are those of `vadkit.load_recipe`, but for `data`, at most one `NAME=DIR`, and the
    plugins that names mean.

    Returns:
        The recipe with absolute paths, every option's default and a teacher for every role.

    Raises:
        RecipeError: A file cannot be read, or every problem of the recipe at once.
    """
    registry = registry or load_plugins()
    return compile_recipe(changed_source(name, registry, sets, data, boxes), registry)


def changed_source(
    name: str | Path,
    registry: Registry,
    sets: Sequence[str] | Mapping[str, Any] = (),
    data: Sequence[str] = (),
    boxes: Path | None = None,
) -> Source:
    """Read a recipe and change it; arguments and errors are those of `load_recipe`."""
    source = read_source(name, registry)
    bind_data(source, data)
    bind_boxes(source, boxes)
    if isinstance(sets, Mapping):
        for key, value in sets.items():
            apply_value(source, key, value, registry)
    else:
        for text in sets:
            apply_set(source, text, registry)
    return source


def compile_recipe(source: Source, registry: Registry) -> BoundRecipe:
    """Validate, complete and bind what was read and changed.

    Raises:
        ProblemsError: Every problem at once.
    """
    recipe, problems = _validated(source)
    problems += first_of(name_problems(source.table, registry))
    bound = BoundRecipe(recipe, registry) if recipe else None
    problems += binding_problems(bound) if bound else ()
    if problems or bound is None:
        raise problems_error(source.title, problems, source.places)
    asked = answerable(bound)
    return replace(asked, recipe=completed(asked))


def completed(bound: BoundRecipe) -> Recipe:
    """The recipe with every default, this machine's detectors, and teachers for all roles."""
    table, registry = bound.recipe.model_dump(mode="json"), bound.registry
    table["objects"]["detectors"] = [stage for each in bound.detectors for stage in each.stages()]
    tasks = [bound.tasks[name] for name in bound.trained_tasks]
    roles = {need.role for task in tasks for need in task.all_needs}
    for role in sorted(roles - bound.teachers.keys()):
        table["teachers"][role] = {"name": bound.stand_ins(role)[0]}
    for name in bound.trained_tasks:
        table["tasks"].setdefault(name, {})
    for kind, name, _, options in plugged(table):
        card = registry.card(kind, name)
        options.update(config_table(card, registry.options(card, own_options(kind, options))))
    return Recipe.model_validate_json(json.dumps(table), strict=True)


def _validated(source: Source) -> tuple[Recipe | None, list[Problem]]:
    """The recipe, as far as it is valid without what is wrong, and what is wrong."""
    problems = list(dict.fromkeys(source.problems))
    try:
        return _parsed(source.table), problems
    except ValidationError as error:
        problems += first_of(model_problems(error, schema()))
    try:
        return _parsed(without(source.table, problems)), problems
    except ValidationError:
        return None, problems


def _parsed(table: dict[str, Any]) -> Recipe:
    """Validate as strict JSON: 3 is a float and [1, 2] a tuple, but "3" is no number."""
    return Recipe.model_validate_json(json.dumps(with_presets(table), default=str), strict=True)


def resolved(recipe: Recipe) -> str:
    """The recipe as TOML with every default, readable by `load_recipe`."""
    import tomli_w

    return tomli_w.dumps(_without_none(recipe.model_dump(mode="json")))


def _without_none(value: Any) -> Any:
    """TOML has no null: a key that is not there means the same."""
    if isinstance(value, dict):
        return {key: _without_none(below) for key, below in value.items() if below is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


def schema() -> dict[str, Any]:
    """The JSON schema of a recipe, for editors; with `extends`, which is resolved before."""
    table = Recipe.model_json_schema()
    for place in (table, table["$defs"]["Score"], table["$defs"]["Protocol"]):
        what = "recipe" if place is table else "recipe's protocol"
        about = {
            "type": "string",
            "description": f"Name or path of a {what} that this one changes.",
        }
        place["properties"]["extends"] = about
    then = {"required": table.pop("required")}
    return {**table, "if": {"not": {"required": ["extends"]}}, "then": then}


def file_detector(path: Path, **options: Any) -> DetectorSource:
    """The detector that reads boxes from a file or folder, with its options."""
    return DetectorSource.model_validate(file_boxes(path, **options))

"""What decides a run's result: what has to be the same if it is to go on where it stopped."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from vadkit.errors import RunBusyError
from vadkit.recipe import Recipe, resolved
from vadkit.recipe.fingerprint import origin
from vadkit.registry.registry import Registry
from vadkit.runs.atomic import read_json, write_json
from vadkit.runs.flatten import flat, unequal
from vadkit.runs.folder import RunFolder

WHERE = ("device", "threads", "world_size")
"""What may differ: it changes the last bits of a result, and what it costs."""


def refuse_other_recipe(folder: RunFolder, recipe: Recipe) -> None:
    """Raise if a run was begun with another recipe; data sets and boxes may have been moved.

    Raises:
        RunBusyError: It was; every key that differs is named, with both values.
    """
    if folder.resolved.is_file():
        before = tomllib.loads(folder.resolved.read_text("utf-8"))
        _refuse(folder, _deciding(before), _deciding(tomllib.loads(resolved(recipe))))


def _deciding(recipe: dict[str, Any]) -> dict[str, Any]:
    """Dotted keys that decide something: what a path leads to is compared by its content."""
    keys = flat(recipe)
    return {key: of for key, of in keys.items() if not key.endswith(".path") and key != "threads"}


def identity(
    recipe: Recipe,
    registry: Registry,
    fingerprint: str,
    *,
    device: str,
    threads: int,
    world_size: int = 1,
) -> dict[str, Any]:
    """The rest of what decides a result, as JSON values.

    Args:
        recipe: Whose plugins.
        registry: Where they come from.
        fingerprint: Of the data.
        device: As torch calls it.
        threads: Of the processor.
        world_size: How many processes train together.
    """
    return {
        "vadkit": version("vadkit"),
        "data": fingerprint,
        "plugins": {f"{kind} {name}": origin(registry, kind, name) for kind, name in named(recipe)},
        "device": device,
        "threads": threads,
        "world_size": world_size,
    }


def named(recipe: Recipe) -> list[tuple[str, str]]:
    """(kind, name) of every plugin that a recipe uses."""
    tasks = [use.rpartition(".")[0] for of in recipe.score.protocols.values() for use in of.use]
    found = {
        "task": [*(entry.name for phase in recipe.phase for entry in phase.tasks), *tasks],
        "backbone": [source.name for source in (recipe.backbone, *recipe.backbones.values())],
        "teacher": [source.name for source in recipe.teachers.values()],
        "detector": [source.name for source in recipe.objects.detectors],
        "dataset": [source.dataset for source in recipe.data.values()],
    }
    return [(kind, name) for kind, names in found.items() for name in dict.fromkeys(names)]


def take_identity(folder: RunFolder, own: Mapping[str, Any]) -> list[str]:
    """Note a new run's identity, or hold that of a run that goes on against it.

    Returns:
        A sentence for each thing that differed, now or when it went on before, and may.

    Raises:
        RunBusyError: Something else differs; it is named, with both values.
    """
    before = {"world_size": 1, **(read_json(folder.identity) or own)}
    _refuse(folder, _firm(before), _firm(own))
    found = [
        f"The {name} was {before[name]!r} and then {own[name]!r}: not the same bit for bit."
        for name in WHERE
        if before.get(name) != own[name]
    ]
    notes = list(dict.fromkeys([*before.get(_NOTES, []), *found]))
    write_json(folder.identity, {**before, _NOTES: notes})
    return notes


_NOTES = "notes"


def _firm(found: Mapping[str, Any]) -> dict[str, Any]:
    may = {*WHERE, _NOTES}
    return {key: value for key, value in flat(dict(found)).items() if key not in may}


def _refuse(folder: RunFolder, before: dict[str, Any], now: dict[str, Any]) -> None:
    changed = [f"{k}: {before.get(k)!r} -> {now.get(k)!r}" for k in unequal(before, now)]
    if changed:
        raise RunBusyError(
            f"{folder.path} was begun with something else: {'; '.join(changed)}.",
            "Go on with what it was begun with, or choose another --out.",
        )

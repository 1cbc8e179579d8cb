"""What decides a run's result: what has to be the same if it is to go on where it stopped."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vadkit.errors import RunBusyError, VadkitError
from vadkit.recipe import BoundRecipe, Recipe, completed
from vadkit.runs.atomic import read_json, write_json
from vadkit.runs.flatten import differences
from vadkit.runs.folder import RunFolder
from vadkit.utils.machine import MAY_DIFFER, Machine


def refuse_other_recipe(folder: RunFolder, bound: BoundRecipe) -> None:
    """Raise if a run was begun with another recipe; data sets and boxes may have been moved.

    Raises:
        RunBusyError: It was; every key that differs is named, with both values.
    """
    if folder.resolved.is_file():
        before = _with_new_keys(tomllib.loads(folder.resolved.read_text("utf-8")), bound)
        now = bound.recipe.model_dump(mode="json")
        both = [recipe["objects"] for recipe in (before, now)]
        if len({tuple(of["name"] for of in objects["detectors"]) for objects in both}) > 1:
            for objects in both:
                objects["detectors"] = " and ".join(map(_named, objects["detectors"]))
        # What a path leads to is compared by its content, and threads are the machine's.
        changed = differences(before, now, lambda key: key.endswith(".path") or key == "threads")
        _refuse(folder, changed)


def _named(detector: Mapping[str, Any]) -> str:
    """A detector's name and the files that its options name."""
    files = [value for value in detector.values() if Path(str(value)).is_absolute()]
    return " with ".join([detector["name"], *files])


def _with_new_keys(recipe: dict[str, Any], bound: BoundRecipe) -> dict[str, Any]:
    """A recipe of an earlier version with the keys that are new since, at their defaults."""
    try:
        values = Recipe.model_validate_json(json.dumps(recipe), strict=True)
        return completed(BoundRecipe(values, bound.registry)).model_dump(mode="json")
    except (ValidationError, VadkitError):  # a key or a plugin is there no more
        return recipe


def identity(bound: BoundRecipe, fingerprint: str, machine: Machine) -> dict[str, Any]:
    """The rest of what decides a result, as JSON values."""
    plugins = {f"{plugin.kind} {plugin.name}": plugin.origin for plugin in bound.plugins}
    return {"data": fingerprint, "plugins": plugins, **asdict(machine)}


def take_identity(folder: RunFolder, now: Mapping[str, Any]) -> list[str]:
    """Note a new run's identity, or hold that of a run that goes on against it.

    Returns:
        A sentence for each thing that differed, now or when it went on before, and may.

    Raises:
        RunBusyError: Something else differs; it is named, with both values.
    """
    noted = read_json(folder.identity) or now
    before = {**{name: now[name] for name in MAY_DIFFER}, "world_size": 1, **noted}
    _refuse(folder, differences(before, now, lambda key: key in {*MAY_DIFFER, _NOTES}))
    machine = [
        f"The {name} was {before[name]!r} and then {now[name]!r}: not the same bit for bit."
        for name in MAY_DIFFER
        if before[name] != now[name]
    ]
    notes = list(dict.fromkeys([*before.get(_NOTES, []), *machine]))
    write_json(folder.identity, {**before, _NOTES: notes})
    return notes


_NOTES = "notes"


def _refuse(folder: RunFolder, changed: Sequence[str]) -> None:
    if changed:
        raise RunBusyError(
            f"{folder.path} was begun with something else: {'; '.join(changed)}.",
            f"Go on with what it was begun with ({folder.resolved}), or choose another --out.",
        )

"""Preparing in pieces: a video's part of a store, or a teacher's answers for a video, as a job.

A piece is made by a process that knows nothing but the arguments of the call, on any machine that
sees the same data and caches.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from vadkit.data.data_module import PreparedData
from vadkit.data.dataset import Split
from vadkit.data.teachers.context import ContextStore
from vadkit.errors import DataError
from vadkit.recipe import Recipe
from vadkit.registry.cards import Need, Sampling
from vadkit.registry.registry import load_plugins
from vadkit.utils.devices import device_named
from vadkit.utils.threads import limited_threads


@dataclass(frozen=True)
class Setting:
    """What all pieces of a recipe's data have in common, as values that JSON could say."""

    recipe: dict[str, Any]
    """With every default and absolute paths."""
    samplings: list[dict[str, Any]]
    """All that stores have to be wide enough for."""
    plugins: list[str]
    """Files of plugins."""
    home: str
    """Folder of the caches."""
    device: str
    """Where teachers run."""
    strict: bool
    """Refuse damaged frames."""


@limited_threads()
def cut_piece(
    *,
    setting: Mapping[str, Any],
    sampling: Mapping[str, Any],
    split: Split,
    number: int,
    store: str,
) -> None:
    """Cut a video's part of a store.

    Args:
        setting: A `Setting`.
        sampling: What reads the store.
        split: Which videos.
        number: The video among them.
        store: The folder's name; another one would be of other data.

    Raises:
        DataError: The video or its boxes cannot be used, or this machine has other data.
    """
    data, _ = _opened(setting)
    parts = data.parts(Sampling(**sampling), split)
    _refuse_other(parts.folder, store, parts.source.what)
    parts.make(number)


@limited_threads()
def answer_piece(
    *,
    setting: Mapping[str, Any],
    sampling: Mapping[str, Any],
    split: Split,
    need: Mapping[str, Any],
    number: int,
    answers: str,
) -> None:
    """Ask a teacher about the units of a video.

    Args:
        setting: A `Setting`.
        sampling: What reads the units.
        split: Which videos.
        need: What is asked.
        number: The video among them.
        answers: The folder's name; another one would be of other data.

    Raises:
        PluginError: The teacher fails.
        DataError: This machine has other data.
    """
    data, context = _opened(setting)
    read, wanted = Sampling(**sampling), Need(**{**need, "texts": tuple(need["texts"])})
    asked = context.asked(read.role, split, wanted, data.units(read, split))
    _refuse_other(asked.folder, answers, asked.what)
    asked.answer(number)


def setting_of(
    recipe: Recipe,
    samplings: Sequence[Sampling],
    home: Path,
    *,
    plugins: Sequence[Path],
    device: str,
    strict: bool,
) -> dict[str, Any]:
    """A `Setting` as the arguments of a job say it."""
    setting = Setting(
        recipe=recipe.model_dump(mode="json"),
        samplings=[asdict(sampling) for sampling in samplings],
        plugins=[str(Path(file).absolute()) for file in plugins],
        home=str(home.absolute()),
        device=device,
        strict=strict,
    )
    return asdict(setting)


def _opened(setting: Mapping[str, Any]) -> tuple[PreparedData, ContextStore]:
    return _kept(json.dumps(dict(setting), sort_keys=True))


@lru_cache(maxsize=1)
def _kept(text: str) -> tuple[PreparedData, ContextStore]:
    """Kept for the next piece: data sets and detectors take their time to open."""
    given = json.loads(text)
    setting = Setting(**{of.name: given[of.name] for of in fields(Setting)})
    recipe = Recipe.model_validate_json(json.dumps(setting.recipe), strict=True)
    registry = load_plugins([Path(name) for name in setting.plugins])
    home = Path(setting.home)
    data = PreparedData(recipe, registry, home=home, strict=setting.strict)
    data.widen(Sampling(**sampling) for sampling in setting.samplings)
    device = device_named(setting.device)
    return data, ContextStore(data, recipe, registry, device=device, home=home)


def _refuse_other(folder: Path, name: str, what: str) -> None:
    if folder.name != name:
        raise DataError(
            f"The {what} are other ones here than where they were asked for.",
            "All machines have to see the same data, plugins and weights under the same paths.",
        )

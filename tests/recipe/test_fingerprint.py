"""Hashes of recipes: what decides a result is in them, and a new key at its default is not."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tiny_world import World

from vadkit.recipe import BoundRecipe, FrameProtocol, Recipe, Smooth, load_recipe
from vadkit.recipe.fingerprint import changed_keys, phase_key, recipe_facts
from vadkit.recipe.schema import Optim, Score
from vadkit.registry.discovery import Plugin
from vadkit.registry.registry import Registry
from vadkit.scoring.protocol import HASHED, describe
from vadkit.utils.hashing import hash_of


class LaterOptim(Optim):
    """The optimizer's table of a later version, with one more key."""

    clip: float = 0.0


class LaterSmooth(Smooth):
    passes: int = 1


class LaterProtocol(FrameProtocol):
    smooth: Smooth = LaterSmooth()
    trim: bool = False


class LaterRecipe(Recipe):
    optim: Optim = LaterOptim()
    flip: bool = False


@pytest.fixture
def bound(world: World, registry: Registry) -> BoundRecipe:
    sets = ("optim.lr=0.01", "tasks.prediction.reach=2")
    return load_recipe(world.recipe("prediction", "jigsaw"), sets, registry=registry)


def later(bound: BoundRecipe, optim: dict[str, Any] | None = None, **more: Any) -> BoundRecipe:
    """The same recipe as a later version reads it."""
    table = bound.recipe.model_dump(mode="json")
    values = {name: getattr(bound.recipe, name) for name in Recipe.model_fields}
    values["optim"] = LaterOptim(**{**table["optim"], **(optim or {})})
    return BoundRecipe(LaterRecipe.model_construct(**{**values, **more}), bound.registry)


def test_a_new_key_at_its_default_leaves_hashes_as_they_were(bound: BoundRecipe) -> None:
    assert phase_key(later(bound), 2) == phase_key(bound, 2)
    assert hash_of(recipe_facts(later(bound))) == hash_of(recipe_facts(bound))


def test_a_new_key_that_is_used_does_not(bound: BoundRecipe) -> None:
    keys = [phase_key(later(bound, optim={"clip": 1.0}), 1), phase_key(later(bound, flip=True), 1)]
    assert len({*keys, phase_key(bound, 1)}) == 3


def test_a_new_option_of_a_plugin_at_its_default_leaves_hashes_as_they_were(
    bound: BoundRecipe, registry: Registry
) -> None:
    card = registry.card("task", "prediction")

    @dataclass(frozen=True, kw_only=True)
    class Config(card.config):  # type: ignore[name-defined, misc]
        sharp: bool = False

    plugins = tuple(_with_config(plugin, card, Config) for plugin in registry.plugins)
    table = {
        **bound.recipe.tasks,
        "prediction": {**bound.recipe.tasks["prediction"], "sharp": False},
    }
    newer = BoundRecipe(bound.recipe.model_copy(update={"tasks": table}), Registry(plugins))
    assert newer.tasks["prediction"].config.sharp is False
    assert phase_key(newer, 1) == phase_key(bound, 1)


def _with_config(plugin: Plugin, card: Any, config: type) -> Plugin:
    cards = tuple(replace(of, config=config) if of is card else of for of in plugin.cards)
    return replace(plugin, cards=cards)


def test_a_name_stays_also_at_its_default() -> None:
    assert changed_keys(Optim()) == {"name": "adamw"}
    assert changed_keys(Optim(lr=0.1)) == {"name": "adamw", "lr": 0.1}


def test_the_hash_of_a_protocol_is_that_of_version_0_1() -> None:
    """As it stands in published `metrics.json`, and a later key at its default changes nothing."""
    protocol = Score(use=("prediction.error",))
    facts = {"labels": "x", "checkpoint": "y"}
    written = json.loads(json.dumps(protocol.model_dump(mode="json")))
    del written["smooth"]["causal"]  # came later
    of_version_0_1 = {name: written[name] for name in HASHED & written.keys()} | facts
    assert describe(protocol, **facts)["hash"] == hash_of(of_version_0_1, digits=12)
    first, new = FrameProtocol(), LaterProtocol()
    assert changed_keys(new, always=HASHED) == changed_keys(first, always=HASHED)
    assert changed_keys(LaterProtocol(trim=True), always=HASHED)["trim"] is True

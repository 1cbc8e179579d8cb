"""Completes a recipe: defaults of options, and teachers for roles that have none."""

from __future__ import annotations

import json
from collections.abc import Iterable

from vadkit.recipe.bound_recipe import BoundRecipe
from vadkit.recipe.schema import Recipe
from vadkit.recipe.toml_tables import own_options, plugged
from vadkit.registry.cards import Need, TeacherCard
from vadkit.registry.discovery import OWN
from vadkit.registry.options import config_table
from vadkit.registry.registry import Registry


def completed(bound: BoundRecipe) -> Recipe:
    """The recipe with every option's default, and a stand-in for each teacher not named."""
    table, registry = bound.recipe.model_dump(mode="json"), bound.registry
    for role in sorted(_needed_roles(bound) - bound.teachers.keys()):
        table["teachers"][role] = {"name": stand_ins(role, registry)[0]}
    for name in bound.trained_tasks:
        table["tasks"].setdefault(name, {})
    for kind, name, _, options in plugged(table):
        card = registry.card(kind, name)
        options.update(config_table(card, registry.options(card, own_options(kind, options))))
    return Recipe.model_validate_json(json.dumps(table), strict=True)


def stand_ins(role: str, registry: Registry) -> list[str]:
    """Teachers of the role without weights, built-in ones first."""
    names = [
        (offer.plugin.distribution != OWN, offer.card.name)
        for offer in registry.offers("teacher")
        if isinstance(offer.card, TeacherCard)
        and offer.card.role == role
        and not offer.card.weights
        and not registry.shadowed(offer)
    ]
    return [name for _, name in sorted(names)]


def _needed_roles(bound: BoundRecipe) -> set[str]:
    """The teacher roles that the trained tasks need, to train or to score."""
    tasks = [bound.tasks[name] for name in bound.trained_tasks]
    needs: Iterable[Need] = (n for task in tasks for n in (*task.needs, *task.score_needs))
    return {need.role for need in needs}

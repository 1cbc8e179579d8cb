"""Recipes: list, show, validate, describe, copy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vadkit.cli import options
from vadkit.cli.output import say, say_json
from vadkit.errors import RecipeError


def list_() -> None:
    """List the recipes that travel with vadkit."""
    from vadkit.recipe import shipped_recipes

    for name in shipped_recipes():
        say(name)


def show(
    recipe: options.RecipeName,
    data: options.Data = None,
    boxes: options.Boxes = None,
    sets: options.Sets = None,
    plugin: options.Plugins = None,
) -> None:
    """Print a recipe with everything that it leaves to defaults."""
    from vadkit.recipe import resolved

    bound = options.recipe(recipe, plugin, sets, data, boxes)
    say(resolved(bound.recipe).rstrip("\n"))


def validate(
    recipe: options.RecipeName,
    data: options.Data = None,
    boxes: options.Boxes = None,
    sets: options.Sets = None,
    plugin: options.Plugins = None,
) -> None:
    """Report every problem of a recipe, and of weights by hash, or say that there is none."""
    bound = options.recipe(recipe, plugin, sets, data, boxes)
    for named in bound.plugins:
        named.card.at_hand(named.config)
    titles = " -> ".join(phase.title for phase in bound.recipe.phase)
    say(f"{recipe} is valid: {titles or 'nothing is trained'}")


def schema() -> None:
    """Print the JSON schema of recipes, for editors."""
    from vadkit.recipe import schema as recipe_schema

    say_json(recipe_schema())


def copy(
    recipe: options.RecipeName,
    to: Annotated[Path | None, typer.Argument(help="The new file; RECIPE.toml here.")] = None,
) -> None:
    """Copy a recipe, to change it."""
    from vadkit.recipe import find_recipe

    source = find_recipe(recipe)
    target = Path(source.name) if to is None else to / source.name if to.is_dir() else to
    try:
        with target.open("xb") as stream:
            stream.write(source.read_bytes())
    except FileExistsError:
        raise RecipeError(f"{target} exists.", "Name another file.") from None
    except OSError as error:
        raise RecipeError(f"{target} cannot be written: {error.strerror}.") from error
    say(str(target))

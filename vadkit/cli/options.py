"""Options that several commands have, and the registry that they ask for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vadkit.cli.output import complain
from vadkit.distributed.ranks import leads
from vadkit.errors import RecipeError
from vadkit.registry.registry import Registry, load_plugins

if TYPE_CHECKING:
    from vadkit.recipe import BoundRecipe

RecipeName = Annotated[str, typer.Argument(metavar="RECIPE", help="A path, or a shipped name.")]
Data = Annotated[
    list[str] | None,
    typer.Option("--data", metavar="NAME=DIR", help="Bind the target role to a data set."),
]
Boxes = Annotated[
    Path | None,
    typer.Option("--boxes", metavar="PATH", help="Read boxes from here; detect nothing."),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe; repeatable."),
]
Plugins = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE.py", help="Use a plugin that is one file; repeatable."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse damaged frames.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def registry(files: list[Path] | None = None) -> Registry:
    """Load the plugins, and warn of what is wrong with them."""
    available = load_plugins(files or ())
    for warning in available.warnings if leads() else ():
        complain(warning)
    return available


def pair(text: str) -> tuple[str, Path]:
    """`NAME=DIR` as name and folder.

    Raises:
        RecipeError: It is written otherwise.
    """
    name, _, folder = text.partition("=")
    if not (name and folder):
        raise RecipeError(
            f"{text!r} is not NAME=DIR.",
            "NAME is a data set, as `vadkit list-datasets` shows them.",
        )
    return name, Path(folder).expanduser()


def recipe(
    name: str,
    plugins: list[Path] | None = None,
    sets: list[str] | None = None,
    data: list[str] | None = None,
    boxes: Path | None = None,
) -> BoundRecipe:
    """Load plugins and a recipe; pydantic is imported no earlier."""
    available = registry(plugins)
    from vadkit.recipe import load_recipe

    return load_recipe(name, sets or (), data or (), boxes, available)

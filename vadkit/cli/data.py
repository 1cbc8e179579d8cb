"""Data sets: check those on disk, draw those that are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vadkit.cli import options
from vadkit.cli.output import complain, say
from vadkit.errors import DataError, RecipeError


def verify(
    binding: Annotated[str, typer.Argument(metavar="NAME=DIR")],
    plugin: options.Plugins = None,
) -> None:
    """Check a data set on disk: counts, sizes, lengths of labels."""
    name, folder = options.pair(binding)
    problems = options.registry(plugin).create("dataset", name, {}, folder).verify()
    for problem in problems:
        complain(problem)
    if problems:
        ways = "1 way" if len(problems) == 1 else f"{len(problems)} ways"
        raise DataError(f"{folder} differs in {ways} from what {name} should be.")
    say(f"{folder} holds {name}, complete.")


def render(
    name: Annotated[str, typer.Argument(help="A data set that is drawn.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where its videos go.")],
    plugin: options.Plugins = None,
) -> None:
    """Draw a synthetic data set, as videos and labels.

    Its class draws it: `render(folder, config)`, a class method.
    """
    registry = options.registry(plugin)
    card = registry.card("dataset", name)
    draw = getattr(registry.load(card), "render", None)
    if draw is None:
        raise RecipeError(f"The data set {name!r} is not drawn.", "It comes from its authors.")
    draw(folder, registry.options(card, {}))
    say(str(folder))

"""Data sets: check those on disk, render synthetic ones, prepare what recipes read."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from vadkit.cli import options
from vadkit.cli.output import clean, complain, say
from vadkit.errors import DataError, RecipeError
from vadkit.registry.cards import DatasetCard
from vadkit.registry.isolation import blamed

_EVERY_S = 10.0


def verify(
    binding: Annotated[str, typer.Argument(metavar="NAME=DIR")],
    plugin: options.Plugins = None,
) -> None:
    """Check a data set on disk: counts, sizes, lengths of labels."""
    name, folder = options.pair(binding)
    dataset = options.registry(plugin).create("dataset", name, {}, folder)
    problems = dataset.verify()
    for sentence in dataset.left_out():
        complain(sentence)
    for problem in problems:
        complain(problem)
    if problems:
        ways = "1 way" if len(problems) == 1 else f"{len(problems)} ways"
        raise DataError(f"{folder} differs in {ways} from what {name} should be.")
    say(f"{folder} holds {name}, complete.")


def render(
    name: Annotated[str, typer.Argument(help="A synthetic data set.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where its videos go.")],
    plugin: options.Plugins = None,
) -> None:
    """Write a synthetic data set into a folder, as videos and labels."""
    registry = options.registry(plugin)
    card = registry.card("dataset", name)
    if not (isinstance(card, DatasetCard) and card.rendered):
        raise RecipeError(f"The data set {name!r} is not synthetic.", "It comes from its authors.")
    config, dataset = registry.options(card, {}), registry.load(card)
    with blamed("dataset", name, "render"):
        dataset.render(folder, config)
    say(str(folder))


def prepare(
    recipe: options.RecipeName,
    *,
    data: options.Data = None,
    boxes: options.Boxes = None,
    sets: options.Sets = None,
    engine: options.EngineName = "local",
    address: options.Address = None,
    jobs: options.Jobs = None,
    threads: options.Threads = None,
    device: options.Device = "auto",
    strict: options.Strict = False,
    plugin: options.Plugins = None,
) -> None:
    """Make all that a recipe reads, several videos at once: cubes, frames, teachers' answers.

    What is there is kept: called again, it does what is left.
    """
    bound = options.recipe(recipe, plugin, sets, data, boxes)

    # torch, only once the recipe is known to be valid
    from vadkit.data.prepare import prepare as prepare_all
    from vadkit.utils.progress import Progress

    workers = options.Workers(engine, address, jobs, threads, device, strict)
    shown_s = time.monotonic()

    def told(what: str, done: int, count: int) -> None:
        """Say how many videos are done, when all are, and now and then before."""
        nonlocal shown_s
        if done == count or time.monotonic() - shown_s > _EVERY_S:
            shown_s = time.monotonic()
            progress.note(clean(f"{what}: {done} of {count} videos"))

    with Progress(plain=True) as progress, closing(workers.engine()) as used:
        failed = prepare_all(bound, engine=used, device=device, strict=strict, on_progress=told)
    options.refuse_failed({outcome.name: outcome.reason for outcome in failed})

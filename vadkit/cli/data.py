"""Data sets: check those on disk, render synthetic ones, prepare what recipes read."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from vadkit.cli import options
from vadkit.cli.output import clean, complain, say, say_table
from vadkit.errors import DataError, RecipeError
from vadkit.registry.cards import DatasetCard
from vadkit.registry.isolation import blamed

_EVERY_S = 10.0


def verify(
    binding: Annotated[str, typer.Argument(metavar="NAME=DIR")],
    *,
    fps: Annotated[
        float | None, typer.Option("--fps", min=0.01, help="Frames a second of frame folders.")
    ] = None,
    plugin: options.Plugins = None,
) -> None:
    """Check a data set on disk: counts, sizes, lengths of labels."""
    name, folder = options.pair(binding)
    more = {} if fps is None else {"fps": fps}
    dataset = options.registry(plugin).create("dataset", name, more, folder)
    problems = dataset.verify()
    for sentence in dataset.left_out():
        complain(sentence)
    for problem in problems:
        complain(problem)
    if problems:
        ways = "1 way" if len(problems) == 1 else f"{len(problems)} ways"
        raise DataError(f"{folder} differs in {ways} from what {name} should be.")
    say(f"{folder} holds {name}, complete.")


def import_labels(
    source: Annotated[Path, typer.Argument(help="A folder, or one file of all videos.")],
    binding: Annotated[str, typer.Argument(metavar="folder=DIR", help="Whose labels/ they fill.")],
    *,
    names: Annotated[
        str, typer.Option(help="How a video's are called there: '{name}', '{number}_label'.")
    ] = "{name}",
    pictures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Draw them over frames, a picture a video.")
    ] = None,
    plugin: options.Plugins = None,
) -> None:
    """Turn labels of another form into a file for each test video of a folder."""
    name, folder = options.pair(binding)
    dataset = options.registry(plugin).create("dataset", name, {}, folder)
    videos = dataset.videos("test")
    if there := [of for of in dataset.label_files() if of.exists() and of.name.startswith("label")]:
        raise DataError(f"{there[0]} is there already.", "Move it away, so that nothing is lost.")

    from vadkit.data.annotations.imported import imported_labels
    from vadkit.report.label_pictures import draw_labels
    from vadkit.report.score_files import write_labels

    rows = []
    for video, labels in zip(videos, imported_labels(source, videos, names).values(), strict=True):
        write_labels(folder / "labels" / f"{video.name}.csv", labels)
        if pictures:
            draw_labels(pictures / f"{video.name}.png", video.path, labels)
        counts = {"frames": str(len(labels)), "anomalous": str(int(labels.sum()))}
        rows.append({"video": video.name, **counts})
    say_table(rows)


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

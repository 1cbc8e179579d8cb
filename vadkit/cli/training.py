"""Train and score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vadkit.cli import options
from vadkit.cli.output import complain, say
from vadkit.distributed.ranks import leads
from vadkit.errors import DataError


def run(
    recipe: options.RecipeName,
    *,
    data: options.Data = None,
    boxes: options.Boxes = None,
    sets: options.Sets = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where results go.")
    ] = None,
    device: options.Device = "auto",
    seed: Annotated[int | None, typer.Option("--seed", help="The recipe's seed.")] = None,
    threads: Annotated[int | None, typer.Option("--threads", help="CPU threads.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out, or with runs/latest.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Train phases that other runs trained, too.")
    ] = False,
    strict: options.Strict = False,
    plugin: options.Plugins = None,
) -> None:
    """Train a recipe's phases, evaluate after each, and write a run folder."""
    numbers = {"seed": seed, "threads": threads}
    more = [f"{key}={value}" for key, value in numbers.items() if value is not None]
    bound = options.recipe(recipe, plugin, [*(sets or ()), *more], data, boxes)

    from vadkit.cli.summary import say_summary

    # torch, only once the recipe is known to be valid
    from vadkit.experiment.run import run as train
    from vadkit.recipe import find_recipe
    from vadkit.runs.cache import PhaseCache
    from vadkit.runs.folder import RunFolder

    folder = train(
        bound,
        name=Path(recipe).stem,
        out=RunFolder.open("runs/latest").path if resume and not out else out,
        resume=resume,
        cache=None if no_cache else PhaseCache(),
        device=device,
        source=find_recipe(recipe),
        strict=strict,
    )
    if leads():
        say_summary(folder)


def score(
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="Videos.")],
    *,
    run: Annotated[Path, typer.Option("--run", metavar="DIR", help="A finished run.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the tables go.")] = Path(
        "scores"
    ),
    boxes: options.Boxes = None,
    device: Annotated[str, typer.Option("--device", help="cpu, cuda, cuda:1.")] = "cpu",
    strict: options.Strict = False,
    plugin: options.Plugins = None,
) -> None:
    """Score videos, a row for each frame, with a trained run."""
    registry = options.registry(plugin)

    from vadkit.recipe import file_detector
    from vadkit.runs.folder import RunFolder
    from vadkit.score import Scorer, score_videos

    detectors = [file_detector(boxes)] if boxes else []
    folder = RunFolder.open(run)
    scorer = Scorer.of_run(folder, registry, detectors=detectors, device=device, strict=strict)
    written, failed = score_videos(sources, scorer, out, complain)
    for path in written:
        say(str(path))
    for error in failed:
        complain(error.message, error.hint)
    if failed:
        raise typer.Exit(options.FAILED_PARTS if written else DataError.exit_code)

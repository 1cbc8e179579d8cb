"""Many curricula: train a grid of them, or order a recipe's tasks by how hard they are."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vadkit.cli import options
from vadkit.cli.output import clean, say, say_json, say_table
from vadkit.errors import RecipeError

if TYPE_CHECKING:
    from vadkit.sweep.ranking import Ranking

GridData = Annotated[
    list[str] | None,
    typer.Option("--data", metavar="NAME=DIR", help="Data sets instead of the grid's; repeatable."),
]


def sweep(
    grid: Annotated[str, typer.Argument(metavar="GRID", help="A path, or a shipped name.")],
    *,
    data: GridData = None,
    sets: options.Sets = None,
    seeds: Annotated[
        str | None, typer.Option("--seeds", metavar="0,1,2", help="Instead of the grid's.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder; sweeps/GRID if not.")
    ] = None,
    engine: options.EngineName = "local",
    address: options.Address = None,
    jobs: options.Jobs = None,
    threads: options.Threads = None,
    device: options.Device = "auto",
    strict: options.Strict = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what there is to do, and how long.")
    ] = False,
    as_json: options.Json = False,
    plugin: options.Plugins = None,
) -> None:
    """Train a grid of curricula, what they share once; called again, do what is left."""
    registry = options.registry(plugin)

    from vadkit.engines.local import usual_jobs
    from vadkit.sweep.estimate import planned
    from vadkit.sweep.grid import read_grid

    file = read_grid(grid, registry, sets=sets or (), data=data or (), seeds=seeds)
    folder = out or Path("sweeps", file.name)
    workers = options.Workers(engine, address, jobs, threads, device, strict)
    run_with = workers.options()
    at_once = jobs or (1 if run_with.elsewhere else usual_jobs())
    estimate = planned(file, folder, at_once, run_with)
    if as_json and not dry_run:
        raise RecipeError("--json is for --dry-run.", "A sweep writes results.csv.")
    if as_json:
        say_json(estimate.as_json())
        return
    datasets, seed_names = ", ".join(estimate.datasets), ", ".join(map(str, estimate.seeds))
    say(f"{estimate.title}: {estimate.rows} rows; data: {datasets}; seeds: {seed_names}")
    say_table(estimate.table())
    say(f"{estimate.cells} cells, {estimate.finished} of them finished. {estimate.sentence()}")
    if dry_run:
        return

    from vadkit.sweep.run import sweep as carry_out
    from vadkit.utils.progress import Progress

    with Progress(plain=True) as progress:
        failed = carry_out(
            file,
            folder,
            engine=lambda: workers.engine(folder),
            options=run_with,
            tell=lambda text: progress.note(clean(text)),
        )
    say(str(folder))
    options.refuse_failed(failed)


def rank_tasks(
    recipe: options.RecipeName,
    *,
    split: Annotated[
        str,
        typer.Option("--split", help='Test videos that rank: test, or a slice, "test[::2]".'),
    ],
    data: options.Data = None,
    boxes: options.Boxes = None,
    sets: options.Sets = None,
    seeds: Annotated[
        str | None, typer.Option("--seeds", metavar="0,1,2", help="Instead of the recipe's own.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.toml", help="The new recipe; RECIPE-ranked.toml here."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="DIR", help="Where runs go; sweeps/rank-RECIPE if not."),
    ] = None,
    engine: options.EngineName = "local",
    address: options.Address = None,
    jobs: options.Jobs = None,
    threads: options.Threads = None,
    device: options.Device = "auto",
    strict: options.Strict = False,
    plugin: options.Plugins = None,
) -> None:
    """Train each task alone, and write the recipe with the easiest first. This uses labels."""
    registry = options.registry(plugin)

    from dataclasses import replace

    from vadkit.recipe import changed_source, compile_recipe
    from vadkit.sweep.ranking import Split, rank
    from vadkit.sweep.reorder import kind_of, reordered
    from vadkit.utils.progress import Progress

    videos, title = Split.parse(split), Path(recipe).stem
    source = changed_source(recipe, registry, sets or (), data or (), boxes)
    bound = compile_recipe(source, registry)
    kind, target = kind_of(bound.recipe), out or Path(f"{title}-ranked.toml")
    if target.exists():
        raise RecipeError(f"{target} exists.", "Name another file with --out.")
    place = folder or Path("sweeps", f"rank-{title}")
    workers = options.Workers(engine, address, jobs, threads, device, strict)
    with Progress(plain=True) as progress:
        ranking, failed = rank(
            bound,
            place.absolute(),
            videos,
            title=title,
            seeds=seeds,
            engine=lambda: workers.engine(place),
            options=workers.options(),
            tell=lambda text: progress.note(clean(text)),
        )
    options.refuse_failed(failed)
    if ranking:
        ranks = {str(number): task for number, task in enumerate(ranking.ranked, start=1)}
        say_table(
            [
                {"place": number, "task": task.task, "micro AUC": f"{task.auc:.4f}",
                 "judged by": task.judged_by}
                for number, task in ranks.items()
            ]
        )  # fmt: skip
        say(ranking.warning())
        reranked = replace(source, table=reordered(source.table, kind, ranking.order))
        compile_recipe(reranked, registry)  # it is valid, as it was before
        _write(target, reranked.table, ranking)
        say(str(target))


def _write(target: Path, table: Mapping[str, Any], ranking: Ranking) -> None:
    import tomli_w

    from vadkit.runs.atomic import write_text

    lines = [
        "Each task alone, the easiest first:",
        *(f"{task.task}: micro AUC {task.auc:.4f} by {task.judged_by}" for task in ranking.ranked),
        *textwrap.wrap(ranking.warning(), 96, break_on_hyphens=False),
    ]
    comment = "\n".join(f"# {clean(line)}" for line in lines)
    write_text(target, f"{comment}\n{tomli_w.dumps(table)}")

"""Order a recipe's tasks by how hard they are."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vadkit.cli import engines, options
from vadkit.cli.output import clean, complain, say, say_table
from vadkit.cli.training import FAILED_PARTS, Device
from vadkit.errors import RecipeError

if TYPE_CHECKING:
    from vadkit.sweep.ranking.rank import Ranking


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
    engine: engines.Name = "local",
    address: engines.Address = None,
    jobs: engines.Jobs = None,
    threads: engines.Threads = None,
    device: Device = "auto",
    strict: options.Strict = False,
    plugin: options.Plugins = None,
) -> None:
    """Train each task alone, and write the recipe with the easiest first. This uses labels."""
    registry = options.registry(plugin)

    from dataclasses import replace

    from vadkit.recipe import changed_source, compile_recipe
    from vadkit.sweep.options import Options
    from vadkit.sweep.ranking.rank import Split, rank
    from vadkit.sweep.ranking.reorder import kind_of, reordered
    from vadkit.utils.progress import Progress

    videos = Split.parse(split)
    source = changed_source(recipe, registry, sets or (), data or (), boxes)
    bound = compile_recipe(source, registry)
    kind, target = kind_of(bound.recipe), out or Path(f"{Path(recipe).stem}-ranked.toml")
    if target.exists():
        raise RecipeError(f"{target} exists.", "Name another file with --out.")
    place = folder or Path("sweeps", f"rank-{Path(recipe).stem}")
    with Progress(plain=True) as shown:
        ranking, failed = rank(
            bound,
            place.absolute(),
            videos,
            title=Path(recipe).stem,
            seeds=seeds,
            engine=lambda: engines.engine(
                engine, address, jobs, threads, device=device, shared=(place,)
            ),
            options=Options(device, strict, threads, elsewhere=engines.elsewhere(engine, address)),
            tell=lambda text: shown.note(clean(text)),
        )
    for name, reason in failed.items():
        complain(f"{name}: {reason}")
    if ranking is None:
        raise typer.Exit(FAILED_PARTS)
    _say(ranking)
    reranked = replace(source, table=reordered(source.table, kind, ranking.order))
    compile_recipe(reranked, registry)  # it is valid, as it was before
    _write(target, reranked.table, ranking)
    say(str(target))


def _say(ranking: Ranking) -> None:
    say_table(
        [
            {"place": str(place), "task": task.task, "micro AUC": f"{task.auc:.4f}",
             "judged by": task.judged_by}
            for place, task in enumerate(ranking.ranked, start=1)
        ]
    )  # fmt: skip
    say(ranking.told())


def _write(target: Path, table: Mapping[str, Any], ranking: Ranking) -> None:
    import tomli_w

    from vadkit.runs.atomic import write_text

    places = [
        f"{task.task}: micro AUC {task.auc:.4f} by {task.judged_by}" for task in ranking.ranked
    ]
    labels = textwrap.wrap(ranking.told(), 96, break_on_hyphens=False)
    lines = ["Each task alone, the easiest first:", *places, *labels]
    target.parent.mkdir(parents=True, exist_ok=True)
    comment = "\n".join(f"# {clean(line)}" for line in lines)
    write_text(target, f"{comment}\n{tomli_w.dumps(table)}")

"""Many curricula: train a grid of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vadkit.cli import engines, options
from vadkit.cli.output import clean, complain, say, say_json, say_table
from vadkit.cli.training import FAILED_PARTS, Device
from vadkit.errors import RecipeError

if TYPE_CHECKING:
    from vadkit.sweep.estimate import Estimate


def sweep(
    grid: Annotated[str, typer.Argument(metavar="GRID", help="A path, or a shipped name.")],
    *,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data", metavar="NAME=DIR", help="Data sets instead of the grid's; repeatable."
        ),
    ] = None,
    sets: options.Sets = None,
    seeds: Annotated[
        str | None, typer.Option("--seeds", metavar="0,1,2", help="Instead of the grid's.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder; sweeps/GRID if not.")
    ] = None,
    engine: engines.Name = "local",
    address: engines.Address = None,
    jobs: engines.Jobs = None,
    threads: engines.Threads = None,
    device: Device = "auto",
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
    from vadkit.sweep.options import Options

    file = read_grid(grid, registry, sets=sets or (), data=data or (), seeds=seeds)
    folder = out or Path("sweeps", file.name)
    away = engines.elsewhere(engine, address)
    chosen = Options(device, strict, threads, elsewhere=away)
    estimate = planned(file, folder, jobs or (1 if away else usual_jobs()), chosen)
    if as_json and not dry_run:
        raise RecipeError("--json is for --dry-run.", "A sweep writes results.csv.")
    if as_json:
        say_json(estimate.as_json())
        return
    _say(estimate)
    if dry_run:
        return

    from vadkit.sweep.run import sweep as carry_out
    from vadkit.utils.progress import Progress

    with Progress(plain=True) as shown:
        failed = carry_out(
            file,
            folder,
            engine=lambda: engines.engine(
                engine, address, jobs, threads, device=device, shared=(folder,)
            ),
            options=chosen,
            tell=lambda text: shown.note(clean(text)),
        )
    say(str(folder))
    for name, reason in failed.items():
        complain(f"{name}: {reason}")
    if failed:
        raise typer.Exit(FAILED_PARTS)


def _say(estimate: Estimate) -> None:
    from vadkit.sweep.estimate import sentence, table

    sets, seeds = ", ".join(estimate.datasets), ", ".join(map(str, estimate.seeds))
    say(f"{estimate.title}: {estimate.rows} rows; data: {sets}; seeds: {seeds}")
    say_table(table(estimate))
    say(f"{estimate.cells} cells, {estimate.finished} of them finished. {sentence(estimate)}")

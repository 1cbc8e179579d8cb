"""The commands, by name.

Those that only list answer before a heavy library could be imported: since 0.29, typer imports
pydantic to convert options, also those that were not given and the `--help` that it adds, which
takes longer than all the rest of a listing.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from vadkit.cli import (
    comparison,
    data,
    evaluate,
    listing,
    machine,
    recipes,
    sweep,
    tasks,
    training,
)
from vadkit.cli.output import say
from vadkit.registry.registry import KINDS


class _LightOption(TyperOption):
    """An option that costs nothing where it is not given."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        return None if value is None else super().process_value(ctx, value)


class _LightCommand(TyperCommand):
    def get_params(self, ctx: Any) -> list[Any]:
        return _lightened(super().get_params(ctx))


class _LightGroup(TyperGroup):
    def get_params(self, ctx: Any) -> list[Any]:
        return _lightened(super().get_params(ctx))


def _lightened(params: list[Any]) -> list[Any]:
    for param in params:
        if type(param) is TyperOption and not param.required:
            param.__class__ = _LightOption
    return params


_typer = partial(
    typer.Typer, cls=_LightGroup, add_completion=False, rich_markup_mode=None, no_args_is_help=True
)


def _version(asked_for: bool) -> None:
    if asked_for:
        from importlib.metadata import version

        say(f"vadkit {version('vadkit')}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Find anomalies in video with proxy tasks, trained in phases on normal video."""


app = _typer()
app.callback()(_options)
app.command("run")(training.run)
app.command("score")(training.score)
app.command("sweep")(sweep.sweep)
app.command("rank-tasks")(sweep.rank_tasks)
app.command("table")(comparison.table)
app.command("compare")(comparison.compare)
app.command("gallery")(comparison.gallery)
for kind in KINDS:
    app.command(f"list-{listing.plural(kind)}", cls=_LightCommand)(listing.lister(kind))
app.command("plugins", cls=_LightCommand)(listing.plugins)
app.command("doctor", cls=_LightCommand)(machine.doctor)
app.command("new-task", cls=_LightCommand)(tasks.new_task)
app.command("check-task", cls=_LightCommand)(tasks.check_task)
app.command("check-evidence", cls=_LightCommand)(tasks.check_evidence)

recipe_app = _typer(help="Look at recipes.")
recipe_app.command("list")(recipes.list_)
recipe_app.command("show")(recipes.show)
recipe_app.command("validate")(recipes.validate)
recipe_app.command("schema")(recipes.schema)
recipe_app.command("copy")(recipes.copy)
app.add_typer(recipe_app, name="recipe")

data_app = _typer(help="Check, draw and prepare data sets.")
data_app.command("verify")(data.verify)
data_app.command("import-labels")(data.import_labels)
data_app.command("render")(data.render)
data_app.command("prepare")(data.prepare)
app.add_typer(data_app, name="data")

cache_app = _typer(help="Look at the phase cache.")
cache_app.command("list")(machine.list_cache)
cache_app.command("clear")(machine.clear_cache)
app.add_typer(cache_app, name="cache")

evaluate_app = _typer(help="Figures for anybody's scores.")
evaluate_app.command("frames")(evaluate.frames)
evaluate_app.command("regions")(evaluate.regions)
evaluate_app.command("schema")(evaluate.schema)
app.add_typer(evaluate_app, name="evaluate")

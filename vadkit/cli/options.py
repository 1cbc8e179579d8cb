"""Options that several commands have, and what they mean: registry, recipe, engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vadkit.cli.output import complain
from vadkit.distributed.ranks import leads
from vadkit.errors import RecipeError
from vadkit.registry.registry import Registry, load_plugins

if TYPE_CHECKING:
    from collections.abc import Callable

    from vadkit.engines import Engine
    from vadkit.recipe import BoundRecipe
    from vadkit.sweep.schedule import Options

FAILED_PARTS = 3
"""Exit code of a command that finished with failed parts."""

RecipeName = Annotated[str, typer.Argument(metavar="RECIPE", help="A path, or a shipped name.")]
Data = Annotated[
    list[str] | None,
    typer.Option("--data", metavar="NAME=DIR", help="Bind the target role to a data set."),
]
Boxes = Annotated[
    Path | None,
    typer.Option("--boxes", metavar="PATH", help="Read boxes from here; detect nothing."),
]
BoxesSize = Annotated[
    str | None,
    typer.Option(
        "--boxes-size", metavar="WxH", help="Of the picture that the boxes are of; 1x1 for shares."
    ),
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
Device = Annotated[str, typer.Option("--device", help="cpu, cuda, cuda:1; auto takes a GPU.")]
EngineName = Annotated[
    Literal["local", "ray"],
    typer.Option("--engine", help="This machine, or a Ray cluster that is there."),
]
Address = Annotated[
    str | None,
    typer.Option("--address", metavar="HOST:PORT", help="Of the Ray cluster."),
]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="Jobs at once.")]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="CPU threads of each job.")]


def registry(files: list[Path] | None = None) -> Registry:
    """Load the plugins, and warn of what is wrong with them."""
    available = load_plugins(files or ())
    for warning in available.warnings if leads() else ():
        complain(warning)
    return available


def size(text: str | None) -> tuple[int, int] | None:
    """`WxH` as width and height.

    Raises:
        RecipeError: It is written otherwise.
    """
    if text is None:
        return None
    width, mark, height = text.partition("x")
    if not (mark and width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise RecipeError(f"--boxes-size {text} is not WIDTHxHEIGHT.", "For example 1920x1080.")
    return int(width), int(height)


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


@dataclass(frozen=True)
class Workers:
    """Where jobs are done, as the options of a command say it."""

    name: str
    """Of the engine, unless there is an address: only a cluster has one."""
    address: str | None
    jobs: int | None
    threads: int | None
    device: str
    strict: bool

    @property
    def _engine(self) -> tuple[bool, Callable[..., Engine]]:
        return _ENGINES[self.name if self.address is None else "ray"]

    def engine(self, *shared: Path) -> Engine:
        """Make the engine; closed by the caller.

        Raises:
            PluginError: Ray is not installed.
            ResourceError: No cluster answers, or its nodes are unfit.
        """
        return self._engine[1](self, *shared)

    def options(self) -> Options:
        """What the cells of a sweep are run with."""
        from vadkit.sweep.schedule import Options

        return Options(self.device, self.strict, self.threads, self._engine[0])


def _local(workers: Workers, *_: Path) -> Engine:
    from vadkit.engines.local import LocalEngine, usual_jobs

    return LocalEngine(workers.jobs or usual_jobs(), workers.threads)


def _ray(workers: Workers, *shared: Path) -> Engine:
    from vadkit.engines.ray import RayEngine

    sizes = {"threads": workers.threads, "jobs": workers.jobs}
    return RayEngine(workers.address, **sizes, device=workers.device, shared=shared)


_ENGINES = {"local": (False, _local), "ray": (True, _ray)}
"""Name -> whether other machines carry out the jobs, and what makes the engine."""


def refuse_failed(reasons: dict[str, str]) -> None:
    """Complain of the parts that failed, and end the command if there are any."""
    for name, reason in reasons.items():
        complain(f"{name}: {reason}")
    if reasons:
        raise typer.Exit(FAILED_PARTS)

"""The options that say where jobs are done, and the engine that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from vadkit.engines import Engine

Name = Annotated[
    Literal["local", "ray"],
    typer.Option("--engine", help="This machine, or a Ray cluster that is there."),
]
Address = Annotated[
    str | None,
    typer.Option("--address", metavar="HOST:PORT", help="Of the Ray cluster."),
]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="Jobs at once.")]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="CPU threads of each job.")]


def elsewhere(name: str, address: str | None) -> bool:
    """Whether other machines carry out the jobs."""
    return name == "ray" or address is not None


def engine(
    name: str,
    address: str | None,
    jobs: int | None,
    threads: int | None,
    *,
    device: str = "auto",
    shared: Sequence[Path] = (),
) -> Engine:
    """Make the engine that the options mean; closed by the caller.

    Args:
        name: "local" or "ray".
        address: Of the cluster.
        jobs: How many at once.
        threads: Of each.
        device: On which jobs run.
        shared: Folders that all nodes of a cluster have to see, beside that of the caches.

    Raises:
        PluginError: Ray is not installed.
        ResourceError: No cluster answers, or its nodes are unfit.
    """
    if elsewhere(name, address):
        from vadkit.engines.ray import RayEngine

        return RayEngine(address, threads=threads, jobs=jobs, device=device, shared=shared)
    from vadkit.engines.local import LocalEngine, usual_jobs

    return LocalEngine(jobs or usual_jobs(), threads)

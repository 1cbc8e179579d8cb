"""What tests of preparing share."""

from __future__ import annotations

from pathlib import Path

from tiny_world import World

from vadkit.engines import Job, Outcome, attempt
from vadkit.recipe import BoundRecipe, load_recipe
from vadkit.registry.registry import Registry

TASKS = ("prediction", "semantic_reconstruction", "virtual")


def files(home: Path) -> dict[str, bytes]:
    """What was prepared, but for the locks."""
    found = [path for path in home.rglob("*") if path.is_file() and "lock" not in path.as_posix()]
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in found}


def load(world: World, registry: Registry, *tasks: str) -> BoundRecipe:
    return load_recipe(world.recipe(*tasks or TASKS), registry=registry)


class Here:
    """An engine that does each job when it is waited for, the last one first."""

    slots = 3
    threads = 1

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.done: list[Job] = []

    def submit(self, job: Job) -> None:
        self.jobs.append(job)

    def wait(self, timeout_s: float) -> list[Outcome]:
        self.done.append(self.jobs.pop())
        return [attempt(self.done[-1])]

    def close(self) -> None:
        assert not self.jobs

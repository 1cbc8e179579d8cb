"""Preparing comes to the same wherever it is done, and goes on where it was stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_world import World, make_world

from vadkit.data.prepare import prepare
from vadkit.engines import Job, Outcome, attempt
from vadkit.engines.local import LocalEngine
from vadkit.errors import DataError
from vadkit.recipe import Recipe, load_recipe
from vadkit.registry.registry import Registry
from vadkit.run import run

TASKS = ("prediction", "semantic_reconstruction", "virtual")


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


def files(home: Path) -> dict[str, bytes]:
    """What was prepared, but for the locks."""
    found = [path for path in home.rglob("*") if path.is_file() and "lock" not in path.as_posix()]
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in found}


def load(world: World, registry: Registry, *tasks: str) -> Recipe:
    return load_recipe(world.recipe(*tasks or TASKS), registry=registry)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory, world: World, registry: Registry) -> Path:
    """What one process makes of `TASKS`."""
    home = tmp_path_factory.mktemp("wanted")
    assert prepare(load(world, registry), registry, home=home) == {}
    return home


@pytest.mark.usefixtures("undrawn")
def test_a_run_finds_all_that_it_reads(
    tmp_path: Path, world: World, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    prepare(load(world, registry), registry)
    before = files(tmp_path / "home")
    run(load(world, registry), registry, out=tmp_path / "run")
    assert files(tmp_path / "home") == before


def test_jobs_come_to_the_same_byte_for_byte(
    tmp_path: Path, wanted: Path, world: World, registry: Registry
) -> None:
    engine = Here()
    assert prepare(load(world, registry), registry, engine=engine, home=tmp_path) == {}
    assert files(tmp_path) == files(wanted)
    assert len({job.name for job in engine.done}) == len(engine.done) > 6
    again = Here()
    assert prepare(load(world, registry), registry, engine=again, home=tmp_path) == {}
    assert again.done == []


def test_what_is_left_is_done(
    tmp_path: Path, wanted: Path, world: World, registry: Registry
) -> None:
    class Dying(Here):
        def wait(self, timeout_s: float) -> list[Outcome]:
            if len(self.done) == 3:
                raise KeyboardInterrupt
            return super().wait(timeout_s)

    first, second = Dying(), Here()
    with pytest.raises(KeyboardInterrupt):
        prepare(load(world, registry), registry, engine=first, home=tmp_path)
    prepare(load(world, registry), registry, engine=second, home=tmp_path)
    assert files(tmp_path) == files(wanted)
    assert {job.name for job in first.done} & {job.name for job in second.done} == set()


@pytest.mark.slow
def test_processes_come_to_the_same_byte_for_byte(
    tmp_path: Path, wanted: Path, world: World, registry: Registry
) -> None:
    engine = LocalEngine(2, 1)
    try:
        assert prepare(load(world, registry), registry, engine=engine, home=tmp_path) == {}
    finally:
        engine.close()
    assert files(tmp_path) == files(wanted)


def test_a_video_that_cannot_be_read_is_named_and_all_others_are_made(
    tmp_path: Path, registry: Registry
) -> None:
    world = make_world(tmp_path / "world")
    (world.target / "train/b.mkv").write_bytes(b"no video")
    recipe = load(world, registry, "prediction")
    failed = prepare(recipe, registry, engine=Here(), home=tmp_path / "home")
    assert len(failed) == 1
    (name, reason), *_ = failed.items()
    assert name.startswith("b (objects of target train")
    assert "b.mkv" in reason
    assert len(list((tmp_path / "home").rglob("parts/*/store.json"))) == 3
    with pytest.raises(DataError, match=r"b\.mkv"):
        prepare(recipe, registry, home=tmp_path / "home")


def test_a_machine_with_other_data_is_refused(
    tmp_path: Path, world: World, registry: Registry
) -> None:
    class Elsewhere(Here):
        def submit(self, job: Job) -> None:
            super().submit(Job(job.name, job.call, {**job.arguments, "store": "other"}))

    failed = prepare(
        load(world, registry, "prediction"), registry, engine=Elsewhere(), home=tmp_path
    )
    assert len(failed) == 4
    assert all("All machines have to see the same data" in reason for reason in failed.values())


def test_frames_alone_need_boxes_for_the_baselines(
    tmp_path: Path, world: World, registry: Registry
) -> None:
    engine = Here()
    path = world.recipe("future_segmentation", use="future_segmentation.error")
    recipe = load_recipe(path, registry=registry)
    prepare(recipe, registry, engine=engine, home=tmp_path)
    assert any("objects of target test" in job.name for job in engine.done)

"""Preparing comes to the same wherever it is done, and goes on where it was stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock
from preparing import Here, files, load
from tiny_world import World, film, make_world, write_boxes, write_video

from vadkit.data.bound_dataset import BoundDataset
from vadkit.data.data_module import PreparedData, required
from vadkit.data.dataset import Video
from vadkit.data.prepare import prepare
from vadkit.data.video_pass import VideoPass
from vadkit.engines import Job, Outcome
from vadkit.engines.local import LocalEngine
from vadkit.errors import DataError
from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.cards import Sampling
from vadkit.registry.registry import Registry


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory, world: World, registry: Registry) -> Path:
    """What one process makes of `TASKS`."""
    home = tmp_path_factory.mktemp("wanted")
    assert prepare(load(world, registry), home=home) == []
    return home


@pytest.mark.usefixtures("undrawn")
def test_a_run_finds_all_that_it_reads(
    tmp_path: Path, world: World, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    prepare(load(world, registry))
    before = files(tmp_path / "home")
    run(load(world, registry), out=tmp_path / "run")
    assert files(tmp_path / "home") == before


def test_jobs_come_to_the_same_byte_for_byte(
    tmp_path: Path, wanted: Path, world: World, registry: Registry
) -> None:
    engine = Here()
    assert prepare(load(world, registry), engine=engine, home=tmp_path) == []
    assert files(tmp_path) == files(wanted)
    assert len({job.name for job in engine.done}) == len(engine.done) == 5
    again = Here()
    assert prepare(load(world, registry), engine=again, home=tmp_path) == []
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
        prepare(load(world, registry), engine=first, home=tmp_path)
    prepare(load(world, registry), engine=second, home=tmp_path)
    assert files(tmp_path) == files(wanted)
    assert {job.name for job in first.done} & {job.name for job in second.done} == set()


@pytest.mark.slow
def test_processes_come_to_the_same_byte_for_byte(
    tmp_path: Path, wanted: Path, world: World, registry: Registry
) -> None:
    engine = LocalEngine(2, 1)
    try:
        assert prepare(load(world, registry), engine=engine, home=tmp_path) == []
    finally:
        engine.close()
    assert files(tmp_path) == files(wanted)


def test_a_video_that_cannot_be_read_is_named_and_all_others_are_made(
    tmp_path: Path, registry: Registry
) -> None:
    world = make_world(tmp_path / "world")
    (world.target / "train/b.mkv").write_bytes(b"no video")
    recipe = load(world, registry, "prediction")
    failed = prepare(recipe, engine=Here(), home=tmp_path / "home")
    assert len(failed) == 1
    (outcome,) = failed
    assert outcome.name == "b (target train)"
    assert outcome.error is not None
    assert "b.mkv is not a readable video" in outcome.error
    assert outcome.hint == "Convert it with another program, or leave it out."
    assert outcome.exit_code == DataError.exit_code
    per_video = 1 + len(recipe.described)  # cubes, and what each evidence part says
    assert len(list((tmp_path / "home").rglob("shard.json"))) == 3 * per_video
    with pytest.raises(DataError, match=r"b\.mkv"):
        prepare(recipe, home=tmp_path / "home")


def test_a_machine_with_other_data_is_refused(
    tmp_path: Path, world: World, registry: Registry
) -> None:
    class Elsewhere(Here):
        def submit(self, job: Job) -> None:
            super().submit(Job(job.name, job.call, {**job.arguments, "shards": ["other"]}))

    failed = prepare(load(world, registry, "prediction"), engine=Elsewhere(), home=tmp_path)
    assert len(failed) == 4
    assert all("All machines have to see the same data" in outcome.hint for outcome in failed)


def test_frames_alone_need_boxes_for_the_baselines(
    tmp_path: Path, world: World, registry: Registry
) -> None:
    engine = Here()
    path = world.recipe("future_segmentation", use="future_segmentation.error")
    recipe = load_recipe(path, registry=registry)
    prepare(recipe, engine=engine, home=tmp_path)
    data = PreparedData(recipe, home=tmp_path)
    data.require(required(recipe, labelled=True))
    places = {
        f"target/{split}/{unit}" for split in ("train", "test") for unit in ("frame", "object")
    }
    assert set(data.prepared.report) == places
    assert len(engine.done) == 4
    again = Here()
    prepare(recipe, engine=again, home=tmp_path)
    assert again.done == []


def test_a_video_that_another_process_prepares_comes_last(
    tmp_path: Path, world: World, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, order = load(world, registry, "prediction"), []
    data = PreparedData(recipe, home=tmp_path)
    train, _ = data.prepared.expect(required(recipe, labelled=False))
    first = train.shards[0]
    first.make_folder()
    usual = BoundDataset.video_pass

    def video_pass(bound: BoundDataset, video: Video, channels: int) -> VideoPass:
        order.append(video.name)
        if video.name == "b":
            other.release()
        return usual(bound, video, channels)

    monkeypatch.setattr(BoundDataset, "video_pass", video_pass)
    with FileLock(first.lock) as other:
        train.prepare_missing(lambda *_: None)
    assert order == ["b", "a"]


def test_names_that_a_file_system_may_mix_up_are_kept_apart(
    tmp_path: Path, registry: Registry
) -> None:
    lengths = {"a": 12, "A": 7, "a.tmp": 3}
    for name, length in lengths.items():
        write_video(tmp_path / f"set/train/{name}.mkv", film(0)[0][:length])
    write_video(tmp_path / "set/test/c.mkv", film(1)[0])
    write_boxes(tmp_path / "boxes.csv", [(name, 0, (4, 4, 20, 20)) for name in (*lengths, "c")])
    recipe = load_recipe(World(tmp_path).recipe("prediction"), registry=registry)
    source = recipe.recipe.data["target"].model_copy(update={"path": tmp_path / "set"})
    recipe = recipe.with_values(data={"target": source})
    data = PreparedData(recipe, home=tmp_path / "home")
    assert data.units(Sampling(frames=1), "train").frames == lengths

"""Runs that share phases: what was trained once is not trained again, and nothing else changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from tiny_world import World, make_world

from vadkit.cli import execute
from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.recipe.fingerprint import phase_key
from vadkit.registry.registry import Registry
from vadkit.runs.cache import PhaseCache
from vadkit.runs.events import read_events

pytestmark = pytest.mark.usefixtures("undrawn")


def trained(folder: Path) -> list[int]:
    """The phases that this run trained itself."""
    events = read_events(folder / "events.jsonl")
    return [event["phase"] for event in events if event["event"] == "epoch_saved"]


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "model/weights.safetensors").read_bytes()).hexdigest()


def figures(folder: Path) -> dict:
    found = json.loads((folder / "metrics.json").read_text())
    for of_phase in found["phases"]:
        del of_phase["seconds"]
    return found


@pytest.fixture
def cache(tmp_path: Path) -> PhaseCache:
    return PhaseCache(tmp_path / "home")


def test_a_common_beginning_is_trained_once_and_gives_the_same_bits(
    world: World, registry: Registry, cache: PhaseCache, tmp_path: Path
) -> None:
    first = load_recipe(world.recipe("prediction", "jigsaw"), registry=registry)
    other = load_recipe(world.recipe("prediction", "virtual"), registry=registry)
    alone = run(other, out=tmp_path / "alone")
    assert trained(run(first, out=tmp_path / "first", cache=cache)) == [1, 2]
    shared = run(other, out=tmp_path / "shared", cache=cache)
    assert trained(shared) == [2]
    assert digest(shared) == digest(alone)
    assert figures(shared) == figures(alone)
    history = "phases/01-prediction/history.csv"
    assert (shared / history).read_bytes() == (alone / history).read_bytes()
    assert trained(run(other, out=tmp_path / "again", cache=cache)) == []


@pytest.mark.parametrize(
    "change",
    ["seed=1", "optim.lr=0.1", "phase.0.steps=3", "tasks.prediction.reach=3", "objects.size=20"],
)
def test_what_decides_a_phase_is_in_its_key(
    world: World, registry: Registry, cache: PhaseCache, tmp_path: Path, change: str
) -> None:
    path = world.recipe("prediction")
    run(load_recipe(path, registry=registry), out=tmp_path / "one", cache=cache)
    other = load_recipe(path, (change,), registry=registry)
    assert trained(run(other, out=tmp_path / "two", cache=cache)) == [1]


def test_other_video_under_the_same_name_is_other_data(
    registry: Registry, cache: PhaseCache, tmp_path: Path
) -> None:
    world = make_world(tmp_path / "world")
    recipe = load_recipe(world.recipe("prediction"), registry=registry)
    run(recipe, out=tmp_path / "one", cache=cache)
    (world.target / "train/b.mkv").unlink()
    assert trained(run(recipe, out=tmp_path / "two", cache=cache)) == [1]


def test_how_it_is_scored_is_no_part_of_what_is_trained(
    world: World, registry: Registry, cache: PhaseCache, tmp_path: Path
) -> None:
    path = world.recipe("prediction", "jigsaw")
    run(load_recipe(path, registry=registry), out=tmp_path / "one", cache=cache)
    other = load_recipe(path, ("score.smooth.window=3",), registry=registry)
    two = run(other, out=tmp_path / "two", cache=cache)
    alone = run(other, out=tmp_path / "alone")
    assert trained(two) == []
    assert figures(two) == figures(alone)


def test_a_flipped_entry_is_trained_again(
    world: World, registry: Registry, cache: PhaseCache, tmp_path: Path
) -> None:
    recipe = load_recipe(world.recipe("prediction"), registry=registry)
    one = run(recipe, out=tmp_path / "one", cache=cache)
    for file in cache.root.glob("*/weights.safetensors"):
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(bytes(data))
    two = run(recipe, out=tmp_path / "two", cache=cache)
    assert trained(two) == [1]
    assert digest(two) == digest(one)


def keys(world: World, registry: Registry, *phases: str, sets: tuple[str, ...] = ()) -> list[str]:
    bound = load_recipe(world.recipe(*phases), sets, registry=registry)
    return [phase_key(bound, number) for number in range(1, len(phases) + 1)]


def test_prefixes_are_equal_as_far_as_they_train_the_same(world: World, registry: Registry) -> None:
    one = keys(world, registry, "prediction", "jigsaw", "virtual")
    two = keys(world, registry, "prediction", "virtual", "semantic_reconstruction")
    assert one[0] == two[0]
    assert len({*one, *two}) == 5
    assert keys(world, registry, "prediction", sets=('phase.0.stage="x"',)) == one[:1]
    assert keys(world, registry, "prediction", sets=('score.weigh="area"',)) == one[:1]
    assert keys(world, registry, "prediction", sets=("score.oracle=true",)) != one[:1]
    assert keys(world, registry, "prediction", sets=("tasks.prediction.reach=2",)) != one[:1]
    assert keys(world, registry, "prediction", sets=("data.target.every=2",)) != one[:1]


def test_the_command_line_lists_and_clears(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    recipe = str(world.recipe("prediction"))
    assert execute(["run", recipe, "--no-cache", "--out", "one"]) == 0
    assert execute(["cache", "list"]) == 0
    assert "0 entries, 0.00 of 20 GB" in capsys.readouterr().out
    assert execute(["run", recipe, "--out", "two"]) == 0
    assert execute(["run", recipe, "--out", "three"]) == 0
    assert (trained(tmp_path / "two"), trained(tmp_path / "three")) == ([1], [])
    capsys.readouterr()
    assert execute(["cache", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {row["phases"] for row in listed} == {"prediction", "prediction: figures"}
    assert execute(["cache", "clear"]) == 0
    assert "2 entries removed" in capsys.readouterr().out


def test_the_command_line_goes_on_with_the_newest_run(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = str(world.recipe("prediction"))
    assert execute(["run", recipe, "--no-cache"]) == 0
    assert execute(["run", recipe, "--resume"]) == 0
    assert [path.name for path in (tmp_path / "runs").iterdir() if not path.is_symlink()] == [
        Path(recipe).stem + "-1"
    ]
    assert execute(["run", recipe, "--resume", "--seed", "3"]) == 8
    assert "seed: 0 -> 3" in capsys.readouterr().err

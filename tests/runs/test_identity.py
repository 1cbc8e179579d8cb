"""What has to be the same if a run is to go on, also where a later version goes on with it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import tomli_w
import torch
from tiny_world import World

from vadkit.errors import RunBusyError
from vadkit.recipe import BoundRecipe, load_recipe, resolved
from vadkit.registry.registry import Registry
from vadkit.runs.folder import RunFolder
from vadkit.runs.identity import identity, refuse_other_recipe, take_identity
from vadkit.utils.machine import Machine, this_machine


@pytest.fixture
def bound(world: World, registry: Registry) -> BoundRecipe:
    return load_recipe(world.recipe("prediction"), registry=registry)


@pytest.fixture
def machine() -> Machine:
    return this_machine(torch.device("cpu"))


def _begun(folder: Path, bound: BoundRecipe, *absent: str) -> RunFolder:
    """A run of an earlier version, whose recipe had not these keys."""
    table = tomllib.loads(resolved(bound.recipe))
    for key in absent:
        *path, last = key.split(".")
        below = table
        for part in path:
            below = below[part]
        del below[last]
    run = RunFolder(folder)
    run.resolved.write_text(tomli_w.dumps(table))
    return run


@pytest.mark.parametrize("key", ["optim.gamma", "score.borders", "tasks.prediction.reach"])
def test_a_key_that_is_new_and_at_its_default_is_no_other_recipe(
    bound: BoundRecipe, tmp_path: Path, key: str
) -> None:
    refuse_other_recipe(_begun(tmp_path, bound, key), bound)


def test_a_key_that_is_new_and_used_is_another_recipe(bound: BoundRecipe, tmp_path: Path) -> None:
    used = bound.with_values(optim=bound.recipe.optim.model_copy(update={"gamma": 0.9}))
    with pytest.raises(RunBusyError, match=r"optim\.gamma: 0\.5 -> 0\.9"):
        refuse_other_recipe(_begun(tmp_path, bound, "optim.gamma"), used)


def test_a_key_that_is_there_no_more_is_told(bound: BoundRecipe, tmp_path: Path) -> None:
    run = _begun(tmp_path, bound)
    run.resolved.write_text(run.resolved.read_text().replace("[optim]", "[optim]\nlucky = 7\n"))
    with pytest.raises(RunBusyError, match=r"optim\.lucky: 7 -> None"):
        refuse_other_recipe(run, bound)


def test_weights_that_came_to_the_machine_are_told_with_what_to_do(
    world: World, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path))
    sets = ['objects.detectors=["auto"]']
    before = load_recipe(world.recipe("prediction"), sets, registry=registry)
    (tmp_path / "run").mkdir()
    run = _begun(tmp_path / "run", before)
    weights = tmp_path / "yolox_nano.onnx"
    weights.write_bytes(b"a network")
    after = load_recipe(world.recipe("prediction"), sets, registry=registry)
    with pytest.raises(RunBusyError) as caught:
        refuse_other_recipe(run, after)
    changed = f"objects.detectors: 'motion' -> 'onnx with {weights} and motion'"
    assert caught.value.message == f"{run.path} was begun with something else: {changed}."
    assert caught.value.hint.startswith(f"Go on with what it was begun with ({run.resolved}), or")
    refuse_other_recipe(run, load_recipe(run.resolved, registry=registry))


def test_another_machine_is_noted(bound: BoundRecipe, machine: Machine, tmp_path: Path) -> None:
    run, now = RunFolder(tmp_path), identity(bound, "data", machine)
    assert take_identity(run, now) == []
    before = json.loads(run.identity.read_text())
    run.identity.write_text(json.dumps({**before, "torch": "1.0", "kernels": ["arm64", "DEFAULT"]}))
    notes = take_identity(run, now)
    assert [note.partition(" was")[0] for note in notes] == ["The torch", "The kernels"]


def test_what_an_earlier_version_did_not_note_is_as_now(
    bound: BoundRecipe, machine: Machine, tmp_path: Path
) -> None:
    run, now = RunFolder(tmp_path), identity(bound, "data", machine)
    known = {"vadkit", "data", "plugins", "device", "threads"}
    run.identity.write_text(json.dumps({name: now[name] for name in known}))
    assert take_identity(run, now) == []

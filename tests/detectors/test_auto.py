"""`auto`: the network's boxes beside those of motion where its weights are at hand."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

import pytest
from vadkit_detectors import ONNXConfig
from vadkit_detectors.weights import existing_file

from vadkit.cli import execute
from vadkit.errors import DataError, PluginError, RecipeError
from vadkit.recipe import BoundRecipe, load_recipe, resolved
from vadkit.recipe.fingerprint import phase_key
from vadkit.registry.registry import Registry

WEIGHTS = b"any network"
NAME = ONNXConfig().weights.name


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and an empty working directory beside it."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def put(file: Path, content: bytes = WEIGHTS) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def loaded(registry: Registry, *sets: str) -> BoundRecipe:
    return load_recipe("sota", ['objects.detectors=["auto"]', *sets], registry=registry)


def test_without_weights_it_is_motion_and_changes_no_hash(home: Path, registry: Registry) -> None:
    bound = loaded(registry)
    assert [detector.name for detector in bound.detectors] == ["motion"]
    named = loaded(registry, 'objects.detectors=["motion"]')
    assert bound.recipe == named.recipe
    assert phase_key(bound, 1) == phase_key(named, 1)


def test_weights_of_the_working_directory_come_before_those_of_the_home(
    home: Path, registry: Registry
) -> None:
    shared = put(home / "weights" / NAME)
    assert loaded(registry).detectors[0].options["weights"] == str(shared)
    here = put(Path.cwd() / NAME)
    network, motion = loaded(registry).detectors
    assert (network.name, motion.name) == ("onnx", "motion")
    assert network.options["weights"] == str(here)
    assert network.options["sha256"] == hashlib.sha256(WEIGHTS).hexdigest()


def test_it_joins_others_of_a_list(home: Path, registry: Registry) -> None:
    put(home / "weights" / NAME)
    bound = loaded(registry, 'objects.detectors=["flow", "auto"]')
    assert [detector.name for detector in bound.detectors] == ["flow", "onnx", "motion"]


@pytest.mark.parametrize(
    ("detectors", "told"),
    [
        ('["auto", "auto"]', "objects.detectors.1: 'auto' repeats 'auto'. Leave one of them out."),
        ('["auto", { name = "motion", threshold = 30 }]', "detectors.1: 'motion' repeats 'auto'."),
        ('["motion", "flow", "auto"]', "objects.detectors.2: 'auto' repeats 'motion'."),
        ('[{ name = "onnx", weights = "other.onnx" }, "auto"]', "'auto' repeats 'onnx'."),
        ('["flow", "flow"]', "objects.detectors.1: 'flow' repeats 'flow'."),
        ('["motion", { name = "auto", speed = 1 }]', "objects.detectors.1.speed: Unknown option."),
        ("[]", "objects.detectors: Input should be a list of 1 or more, got []."),
    ],
)
def test_detectors_that_are_there_twice_or_not_at_all_are_refused(
    home: Path, registry: Registry, detectors: str, told: str
) -> None:
    put(home / "weights" / NAME)
    with pytest.raises(RecipeError) as caught:
        loaded(registry, f"objects.detectors={detectors}")
    assert told in str(caught.value)
    assert "has 1 problem:" in str(caught.value)


def test_the_same_detector_may_be_there_with_other_options(home: Path, registry: Registry) -> None:
    loaded(registry, 'objects.detectors=["flow", { name = "flow", threshold = 3.0 }]')


def test_a_resolved_recipe_keeps_what_it_became(
    home: Path, registry: Registry, tmp_path: Path
) -> None:
    file = put(home / "weights" / NAME)
    recipe = tmp_path / "resolved.toml"
    recipe.write_text(resolved(loaded(registry).recipe))
    assert len(tomllib.loads(recipe.read_text())["objects"]["detectors"]) == 2
    file.unlink()
    again = load_recipe(recipe, registry=registry)
    with pytest.raises(DataError, match=rf"{NAME} of the detector 'onnx' are missing"):
        again.detectors[0].create()


def test_weights_with_a_hash_may_move_and_no_others_take_their_place(home: Path) -> None:
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    old = home / "elsewhere" / NAME
    with pytest.raises(DataError, match="are missing"):
        existing_file(old, "onnx", "a network", digest)
    moved = put(home / "weights" / NAME)
    assert existing_file(old, "onnx", "a network", digest) == moved
    with pytest.raises(DataError, match="are missing"):
        existing_file(old, "onnx", "a network")
    put(old, b"another network")
    assert existing_file(old, "onnx", "a network", digest) == moved
    moved.unlink()
    other = hashlib.sha256(b"another network").hexdigest()
    both = rf"are another file: their SHA-256 is {other[:12]}\.\.\., not {digest[:12]}\.\.\."
    with pytest.raises(DataError, match=rf"{old} of the detector 'onnx' {both}"):
        existing_file(old, "onnx", "a network", digest)
    put(moved, old.read_bytes())
    old.unlink()
    with pytest.raises(DataError, match=rf"{moved} of the detector 'onnx' {both}"):
        existing_file(old, "onnx", "a network", digest)


def test_validate_looks_for_weights_whose_hash_is_given(
    home: Path, registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = put(home / "weights" / NAME)
    recipe = tmp_path / "resolved.toml"
    recipe.write_text(resolved(loaded(registry).recipe))
    assert execute(["recipe", "validate", str(recipe)]) == 0
    put(file, b"another network")
    assert execute(["recipe", "validate", str(recipe)]) == DataError.exit_code
    assert f"The weights {file} of the detector 'onnx' are another file" in capsys.readouterr().err
    file.unlink()
    assert execute(["recipe", "validate", str(recipe)]) == DataError.exit_code
    assert f"The weights {file} of the detector 'onnx' are missing." in capsys.readouterr().err
    unpinned = 'objects.detectors=[{ name = "onnx", weights = "later.onnx" }]'
    assert execute(["recipe", "validate", "sota", "--set", unpinned]) == 0


def test_doctor_shows_what_it_becomes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "weights" / NAME
    assert execute(["doctor", "--json"]) == 0
    without = json.loads(capsys.readouterr().out)["detector auto"]
    assert without == f"motion; nothing at {Path.cwd() / NAME} or {file}"
    put(file)
    assert execute(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["detector auto"] == f"onnx with {file} and motion"


def test_an_unknown_detector_is_named(home: Path, registry: Registry) -> None:
    with pytest.raises(PluginError, match="detector 'atuo'"):
        loaded(registry, 'objects.detectors=["atuo"]')

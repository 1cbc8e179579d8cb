"""An epoch whose bundle has no valid manifest does not exist."""

import json
import shutil

import pytest
import torch

from vadkit.errors import DataError, RunBusyError
from vadkit.runs import bundle
from vadkit.runs.bundle import problem, read_bundle, write_bundle
from vadkit.runs.epochs import epoch_folder, epochs, newest, prune

pytestmark = pytest.mark.edges

FILES = ["weights.safetensors", "optim.safetensors", "state.json"]


def _save(phase, epoch):
    weights = {"w": torch.full((64,), float(epoch))}
    tensors = {"weights": weights, "optim": {"0.m": torch.ones(2)}}
    write_bundle(epoch_folder(phase, epoch), tensors, {"epoch": epoch})


@pytest.fixture
def phase(tmp_path):
    folder = tmp_path / "01-prediction"
    for epoch in (1, 2, 3):
        _save(folder, epoch)
    return folder


def _flip(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def _halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGE = [_flip, _halve, lambda path: path.write_bytes(b""), lambda path: path.unlink()]


def test_it_comes_back_as_it_was(phase):
    found = read_bundle(epoch_folder(phase, 2))
    assert torch.equal(found.weights["w"], torch.full((64,), 2.0))
    assert torch.equal(found.tensors["optim"]["0.m"], torch.ones(2))
    assert found.state == {"epoch": 2}
    assert sorted(p.name for p in (phase / "e0002").iterdir()) == sorted([*FILES, "MANIFEST.json"])


def test_the_newest_is_found_by_number(phase):
    _save(phase, 10)
    (phase / "e0011.bak").mkdir()
    (phase / "history.csv").touch()
    assert newest(phase) == phase / "e0010"
    assert list(epochs(phase)) == [1, 2, 3, 10]


@pytest.mark.parametrize("damage", DAMAGE, ids=["flip", "half", "empty", "gone"])
@pytest.mark.parametrize("name", FILES)
def test_damage_is_seen_and_the_epoch_before_is_taken(phase, name, damage):
    damage(phase / "e0003" / name)
    assert problem(phase / "e0003")
    with pytest.raises(DataError, match=name):
        read_bundle(phase / "e0003")
    warnings = []
    assert newest(phase, warnings.append) == phase / "e0002"
    assert len(warnings) == 1
    assert f"e0003/{name} is" in warnings[0]


@pytest.mark.parametrize("damage", DAMAGE[1:], ids=["half", "empty", "gone"])
def test_a_damaged_manifest_is_none(phase, damage):
    damage(phase / "e0003" / "MANIFEST.json")
    with pytest.warns(UserWarning, match=r"MANIFEST\.json is missing or not whole"):
        assert newest(phase) == phase / "e0002"


@pytest.mark.parametrize(
    "files", ["", ', "files": []', ', "files": {}', ', "files": {"state.json": 1}']
)
def test_a_manifest_that_lists_nothing_is_none(phase, files):
    (phase / "e0003" / "MANIFEST.json").write_text(f'{{"schema_version": 1{files}}}')
    assert problem(phase / "e0003")


def test_another_schema_is_said(phase):
    manifest = phase / "e0003" / "MANIFEST.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"schema_version": 2}))
    assert "has schema 2, this vadkit reads 1" in str(problem(phase / "e0003"))


def test_nothing_whole_is_an_error_and_nothing_at_all_is_not(phase, tmp_path):
    for epoch in (1, 2, 3):
        _flip(phase / f"e000{epoch}" / "state.json")
    warnings = []
    with pytest.raises(RunBusyError, match="01-prediction is whole") as caught:
        newest(phase, warnings.append)
    assert caught.value.exit_code == 8
    assert len(warnings) == 3
    assert newest(tmp_path / "02-jigsaw") is None


def test_a_damaged_epoch_is_saved_anew(phase):
    _halve(phase / "e0003" / "weights.safetensors")
    _save(phase, 3)
    assert newest(phase) == phase / "e0003"
    assert sorted(p.name for p in phase.iterdir()) == ["e0001", "e0002", "e0003"]


@pytest.mark.parametrize("broken", ["write_tensors", "write_json", "describe"])
def test_a_failed_save_leaves_no_trace(phase, monkeypatch, broken):
    def fail(*_):
        raise RuntimeError("in the middle")

    monkeypatch.setattr(bundle, broken, fail)
    with pytest.raises(RuntimeError):
        _save(phase, 4)
    assert sorted(p.name for p in phase.iterdir()) == ["e0001", "e0002", "e0003"]


def test_the_last_two_are_kept(phase):
    prune(phase)
    assert list(epochs(phase)) == [2, 3]
    prune(phase, keep=1)
    assert list(epochs(phase)) == [3]


def test_what_cannot_be_removed_stops_nothing(phase, monkeypatch):
    def fail(path, ignore_errors=False):
        if not ignore_errors:
            raise OSError("busy")

    monkeypatch.setattr(shutil, "rmtree", fail)
    prune(phase)
    assert list(epochs(phase)) == [1, 2, 3]

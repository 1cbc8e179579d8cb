"""`model/` is safetensors and JSON, and nothing else is read."""

import pytest
import torch

from vadkit.errors import DataError
from vadkit.runs.bundle import read_model, write_bundle

pytestmark = pytest.mark.edges

META = {"vadkit": "1", "recipe": {"seed": 0}, "sizes": {}}


@pytest.fixture
def model(tmp_path):
    write_bundle(tmp_path / "model", {"weights": {"w": torch.arange(4.0)}}, META)
    return tmp_path / "model"


def test_it_comes_back_as_it_was(model):
    bundle = read_model(model)
    assert torch.equal(bundle.weights["w"], torch.arange(4.0))
    assert bundle.state == META
    names = ["MANIFEST.json", "state.json", "weights.safetensors"]
    assert sorted(p.name for p in model.iterdir()) == names


def test_it_is_replaced_whole(model):
    write_bundle(model, {"weights": {"v": torch.zeros(1)}}, META)
    assert list(read_model(model).weights) == ["v"]


@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95\x00", None])
def test_weights_that_are_not_those_saved_are_named(model, content):
    path = model / "weights.safetensors"
    path.write_bytes(content or path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"weights\.safetensors is not what was saved"):
        read_model(model)


def test_missing_weights_are_named(model):
    (model / "weights.safetensors").unlink()
    with pytest.raises(DataError, match=r"weights\.safetensors is missing"):
        read_model(model)


@pytest.mark.parametrize("name", ["state.json", "MANIFEST.json"])
@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema_version": 9}', "[" * 100_000])
def test_a_stranger_s_json_is_named(model, name, content):
    (model / name).write_text(content)
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        read_model(model)


def test_a_folder_without_a_model_is_named(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"\x80\x04\x95")
    with pytest.raises(DataError, match=r"MANIFEST\.json is missing"):
        read_model(tmp_path)


def test_a_checkpoint_is_no_model(tmp_path):
    write_bundle(tmp_path / "e0001", {"weights": {}, "optim": {}}, {"epoch": 1})
    with pytest.raises(DataError, match="not of a model"):
        read_model(tmp_path / "e0001")


def test_a_model_of_an_older_vadkit_is_refused_by_name(model):
    (model / "MANIFEST.json").unlink()
    (model / "state.json").rename(model / "model.json")
    with pytest.raises(DataError, match="model was exported by an older vadkit"):
        read_model(model)

"""Tensors to and from modules and files."""

import copy

import pytest
import torch
from torch import nn

from vadkit.errors import DataError
from vadkit.runs.tensors import load_state, read_tensors, unique_state, write_tensors

pytestmark = pytest.mark.edges


class Heads(nn.Module):
    """Two heads on one trunk, as a phase has them."""

    def __init__(self) -> None:
        super().__init__()
        trunk = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
        self.forward_head = nn.Sequential(trunk, nn.Conv2d(4, 1, 1))
        self.backward_head = nn.Sequential(trunk, nn.Conv2d(4, 1, 1))


def test_a_shared_trunk_is_saved_once_and_stays_shared(tmp_path):
    saved, fresh = Heads(), Heads()
    state = unique_state(saved)
    assert "forward_head.0.0.weight" in state
    assert not [name for name in state if name.startswith("backward_head.0.")]
    write_tensors(tmp_path / "w", state)
    load_state(fresh, read_tensors(tmp_path / "w"), "w")
    for name, tensor in saved.state_dict().items():
        assert torch.equal(fresh.state_dict()[name], tensor), name
    assert fresh.forward_head[0] is fresh.backward_head[0]


def test_the_order_is_the_module_s(tmp_path):
    names = list(unique_state(Heads()))
    assert names == list(unique_state(Heads()))
    assert names[0] == "forward_head.0.0.weight"


def test_a_state_is_a_copy():
    module = nn.Linear(2, 2)
    state = unique_state(module)
    before = state["weight"].clone()
    with torch.no_grad():
        module.weight.add_(1)
    assert torch.equal(state["weight"], before)


def test_channels_last_weights_come_back_in_their_layout(tmp_path):
    saved = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    fresh = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    write_tensors(tmp_path / "w", unique_state(saved))
    load_state(fresh, read_tensors(tmp_path / "w"), "w")
    assert torch.equal(fresh.weight, saved.weight)
    assert fresh.weight.is_contiguous(memory_format=torch.channels_last)


def test_equal_weights_give_equal_files(tmp_path):
    module = Heads()
    write_tensors(tmp_path / "a", unique_state(module))
    write_tensors(tmp_path / "b", unique_state(copy.deepcopy(module)))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_file_has_the_umask_s_mode(tmp_path):
    write_tensors(tmp_path / "w", {"a": torch.zeros(1)})
    (tmp_path / "plain").touch()
    assert (tmp_path / "w").stat().st_mode == (tmp_path / "plain").stat().st_mode


def _with(name, tensor):
    return lambda state: state | {name: tensor}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: {"bias": state["bias"]}, "missing: weight"),
        (_with("third", torch.zeros(1)), "unknown: third"),
        (_with("bias", torch.zeros(5)), r"bias is \(5,\) float32, not \(2,\) float32"),
        (_with("bias", torch.zeros(2).half()), r"bias is \(2,\) float16, not \(2,\) float32"),
        (_with("bias", torch.tensor([0.0, float("nan")])), "NaN or infinite: bias"),
        (_with("bias", torch.tensor([0.0, float("inf")])), "NaN or infinite: bias"),
    ],
)
def test_what_does_not_fit_is_refused_whole(change, said):
    module = nn.Linear(3, 2)
    before = unique_state(module)
    changed = change({name: tensor + 1 for name, tensor in before.items()})
    with pytest.raises(DataError, match=f"^old.safetensors does not fit the model: .*{said}"):
        load_state(module, changed, "old.safetensors")
    assert all(torch.equal(before[name], now) for name, now in unique_state(module).items())


def test_a_long_list_is_cut_short():
    with pytest.raises(DataError, match="n0, n1, n2, n3, n4, and 35 more"):
        load_state(nn.Identity(), {f"n{i}": torch.zeros(1) for i in range(40)}, "w")


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x04\x95", b"PK\x03\x04", b"\xff" * 64, (10**10).to_bytes(8, "little") + b"{}"],
)
def test_a_file_that_is_none_is_named(tmp_path, content):
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(DataError, match=r"w\.safetensors is not a whole safetensors file"):
        read_tensors(tmp_path / "w.safetensors")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"w\.safetensors"):
        read_tensors(tmp_path / "w.safetensors")

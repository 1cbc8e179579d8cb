"""An optimizer goes on from its saved state bit for bit."""

import copy
import json

import pytest
import torch
from torch import nn

from vadkit.errors import DataError
from vadkit.runs.tensors import (
    flatten_optimizer,
    read_tensors,
    restore_optimizer,
    write_tensors,
)

pytestmark = pytest.mark.edges

OPTIMIZERS = [
    lambda groups: torch.optim.AdamW(groups, lr=3e-4),
    lambda groups: torch.optim.Adam(groups, lr=1e-3, amsgrad=True),
    lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.9),
    lambda groups: torch.optim.SGD(groups, lr=0.1),
]


def _module() -> nn.Module:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 1, 3))
    return module.to(memory_format=torch.channels_last)


def _groups(module):
    """Two groups, the second uphill, as adversarial tasks have it."""
    first, second = list(module[0].parameters()), list(module[2].parameters())
    return [{"params": first}, {"params": second, "lr": 1 / 3, "maximize": True}]


def _train(module, optimizer, seeds):
    for seed in seeds:
        x = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
        optimizer.zero_grad()
        module(x).square().mean().backward()
        optimizer.step()


def _through_files(folder, tensors, plain):
    write_tensors(folder / "optim", tensors)
    return read_tensors(folder / "optim"), json.loads(json.dumps(plain))


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_going_on_gives_the_same_weights(tmp_path, make):
    module = _module()
    optimizer = make(_groups(module))
    _train(module, optimizer, range(3))
    saved = _through_files(tmp_path, *flatten_optimizer(optimizer))

    other = copy.deepcopy(module)
    resumed = make(_groups(other))
    restore_optimizer(resumed, *saved)
    _train(module, optimizer, range(3, 6))
    _train(other, resumed, range(3, 6))
    for one, two in zip(module.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, two)


def test_rates_tuples_and_layout_come_back(tmp_path):
    module = _module()
    optimizer = torch.optim.AdamW(_groups(module), lr=0.1, betas=(0.8, 0.9))
    _train(module, optimizer, [0])
    optimizer.param_groups[0]["lr"] = 0.1 / 3
    resumed = torch.optim.AdamW(_groups(module), lr=1.0)
    restore_optimizer(resumed, *_through_files(tmp_path, *flatten_optimizer(optimizer)))
    group = resumed.param_groups[0]
    assert group["lr"] == 0.1 / 3
    assert group["betas"] == (0.8, 0.9)
    moment = resumed.state[module[0].weight]["exp_avg"]
    assert moment.stride() == optimizer.state[module[0].weight]["exp_avg"].stride()


def test_two_share_a_file_by_their_prefixes(tmp_path):
    module = _module()
    pair = {"a.": torch.optim.Adam(module[0].parameters()), "b.": torch.optim.Adam(_groups(module))}
    for optimizer in pair.values():
        _train(module, optimizer, [0, 1])
    flat = {name: flatten_optimizer(optimizer, name) for name, optimizer in pair.items()}
    tensors, _ = _through_files(tmp_path, flat["a."][0] | flat["b."][0], {})
    fresh = torch.optim.Adam(module[0].parameters())
    restore_optimizer(fresh, tensors, flat["a."][1], "a.")
    expected = pair["a."].state[module[0].weight]["exp_avg"]
    assert torch.equal(fresh.state[module[0].weight]["exp_avg"], expected)


def test_other_groups_are_refused():
    module = _module()
    saved = flatten_optimizer(torch.optim.Adam(module.parameters()))
    with pytest.raises(DataError, match="parameter groups"):
        restore_optimizer(torch.optim.Adam(_groups(module)), *saved)

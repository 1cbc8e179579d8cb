from __future__ import annotations

from pathlib import Path

import pytest
import torch
from vadkit_teachers.flow_cards import RAFTConfig
from vadkit_teachers.raft import RAFT

try:
    from torchvision.models.optical_flow import raft_small
except (ImportError, RuntimeError) as error:  # torch's CPU build with another's torchvision
    pytest.skip(f"no torchvision: {error}", allow_module_level=True)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network's weights, as torchvision publishes them."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "raft.pth"
    torch.save(raft_small(weights=None).state_dict(), path)
    return path


@torch.inference_mode()
def test_it_is_the_network_on_pixels_from_minus_1_to_1(weights: Path) -> None:
    torch.manual_seed(1)
    clips = torch.rand(1, 3, 2, 128, 136)
    network = raft_small(weights=None).eval()
    network.load_state_dict(torch.load(weights, weights_only=True))
    before, now = (2 * clips[:, :, t] - 1 for t in (0, 1))
    expected = network(before, now, num_flow_updates=2)[-1]
    found = RAFT(RAFTConfig(weights=weights, updates=2, cell=1))(clips)
    torch.testing.assert_close(found, expected)


@torch.inference_mode()
def test_grey_and_odd_and_small_frames(weights: Path) -> None:
    found = RAFT(RAFTConfig(weights=weights, updates=1))(torch.rand(2, 1, 2, 33, 131))
    assert found.shape == (2, 2, 17, 66)
    assert found.isfinite().all()

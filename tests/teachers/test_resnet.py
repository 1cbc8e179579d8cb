from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional as F
from vadkit_teachers.object_cards import ResNetConfig
from vadkit_teachers.pixels import normalised
from vadkit_teachers.resnet import ResNet

from vadkit.errors import DataError

try:
    import timm
except (ImportError, RuntimeError) as error:  # torch's CPU build with another's torchvision
    pytest.skip(f"no timm: {error}", allow_module_level=True)

SMALL = "resnet10t"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random network's weights."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save_file(timm.create_model(SMALL, pretrained=False).state_dict(), path)
    return path


@torch.inference_mode()
def test_it_is_the_network_before_its_softmax(weights: Path) -> None:
    torch.manual_seed(1)
    clips = torch.rand(2, 3, 1, 33, 47)
    teacher = ResNet(ResNetConfig(weights=weights, model=SMALL, size=64))
    seen = F.interpolate(clips[:, :, 0], (64, 64), mode="bicubic", antialias=True)
    expected = teacher.network.eval()(normalised(seen))
    found = teacher(clips)
    assert found.shape == (2, 1000)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(teacher(clips[:1]), found[:1], rtol=1e-3, atol=1e-4)


def test_grey_counts_as_colour(weights: Path) -> None:
    teacher = ResNet(ResNetConfig(weights=weights, model=SMALL, size=32))
    grey = torch.rand(1, 1, 1, 16, 16)
    assert torch.equal(teacher(grey), teacher(grey.expand(-1, 3, -1, -1, -1)))


def test_weights_of_another_network_are_refused(weights: Path) -> None:
    with pytest.raises(DataError, match="do not fit"):
        ResNet(ResNetConfig(weights=weights, model="resnet18"))

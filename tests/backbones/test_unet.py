from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from vadkit_backbones.memory import Memory
from vadkit_backbones.unet import TemporalStem, UNet
from vadkit_backbones.unet_card import UNetConfig


@pytest.mark.parametrize("frames", [1, 2, 8, 9, 17])
@pytest.mark.parametrize("size", [(48, 48), (33, 47), (120, 91)])
def test_maps_are_as_announced(frames: int, size: tuple[int, int]) -> None:
    net = UNet(UNetConfig(width=8, depth=3), channels=3)
    features = net(torch.rand(2, 3, frames, *size))
    assert features.size == size
    for found, width, stride in zip(features.maps, net.widths, net.strides, strict=True):
        sides = tuple(-(-side // stride) for side in size)  # rounded up
        assert tuple(found.shape) == (2, width, 1, *sides)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_depth_and_width_are_options(depth: int) -> None:
    net = UNet(UNetConfig(width=16, depth=depth), channels=1)
    assert net.widths == tuple(16 * 2**k for k in range(depth + 1))
    assert net.strides[-1] == 2**depth


def test_a_clip_of_k_frames_is_a_convolution_over_stacked_channels() -> None:
    stem = TemporalStem(channels=2, width=4, taps=5)
    clip = torch.rand(3, 2, 5, 8, 8)
    assert stem.weight.shape == (4, 2, 5, 3, 3)
    plain = F.conv2d(clip.reshape(3, 10, 8, 8), stem.weight.reshape(4, 10, 3, 3), padding=1)
    torch.testing.assert_close(stem(clip), plain)


@pytest.mark.parametrize("frames", [1, 3, 4, 7, 8, 9, 17, 18, 27])
def test_a_still_clip_looks_the_same_at_fitting_lengths(frames: int) -> None:
    stem = TemporalStem(channels=1, width=4, taps=9)
    image = torch.rand(1, 1, 1, 8, 8)
    whole = stem(image.expand(-1, -1, 9, -1, -1))
    torch.testing.assert_close(stem(image.expand(-1, -1, frames, -1, -1)), whole)


def test_the_order_of_frames_matters() -> None:
    stem = TemporalStem(channels=1, width=4, taps=9)
    clip = torch.rand(1, 1, 7, 8, 8)
    assert not torch.allclose(stem(clip), stem(clip.flip(2)), atol=1e-3)


@pytest.mark.parametrize("frames", [1, 4, 9, 12])
def test_every_weight_learns_at_any_length(frames: int) -> None:
    net = UNet(UNetConfig(width=8), channels=1)
    torch.autograd.backward(net(torch.rand(2, 1, frames, 16, 16)).code.square().sum())
    assert all(weight.grad is not None for weight in net.parameters())
    taps = next(net.parameters()).grad
    assert taps is not None
    assert taps.abs().sum(dim=(0, 1, 3, 4)).gt(0).all()


def test_group_norm_is_an_option() -> None:
    kinds = {type(module).__name__ for module in UNet(UNetConfig(norm="group"), 3).modules()}
    assert "GroupNorm" in kinds
    assert "BatchNorm2d" not in kinds


def test_memory_is_addressed_as_printed() -> None:
    """MemAE, Eq. 3-7 and 9, cell by cell and slot by slot."""
    memory = Memory(slots=6, width=4, shrink=0.15)
    maps = torch.randn(2, 4, 3, 5)
    read, entropy = memory(maps)
    total = torch.zeros(())
    for batch, row, column in np.ndindex(2, 3, 5):
        z = maps[batch, :, row, column]
        alike = torch.stack([z @ m / (z.norm() * m.norm()) for m in memory.slots])
        w = alike.exp() / alike.exp().sum()
        kept = torch.stack([x * max(x - 0.15, 0) / (abs(x - 0.15) + 1e-12) for x in w])
        kept = kept / kept.sum()
        torch.testing.assert_close(read[batch, :, row, column], kept @ memory.slots)
        total = total - sum(x * torch.log(x + 1e-12) for x in kept) / (2 * 3 * 5)
    torch.testing.assert_close(entropy, total)


@pytest.mark.parametrize("size", [(16, 16), (13, 21)])
def test_a_unet_with_memory_tells_its_own_loss(size: tuple[int, int]) -> None:
    net = UNet(UNetConfig(width=8, depth=2, memory=50, entropy=0.5), channels=1)
    features = net(torch.rand(2, 1, 4, *size))
    assert set(features.terms) == {"memory"}
    (features.code.square().mean() + features.terms["memory"]).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
    assert net.memory is not None
    assert net.memory.slots.grad is not None
    assert net.memory.slots.grad.abs().sum() > 0


def test_memory_works_in_bf16() -> None:
    net = UNet(UNetConfig(width=8, depth=1, memory=20), channels=1)
    with torch.autocast("cpu", torch.bfloat16):
        features = net(torch.rand(2, 1, 4, 8, 8))
    assert features.code.isfinite().all()
    assert features.terms["memory"].isfinite()


def test_a_memory_that_may_forget_everything_is_refused() -> None:
    with pytest.raises(ValueError, match="shrink must be less than 1 / memory"):
        UNetConfig(memory=2000, shrink=0.01)

from __future__ import annotations

import pytest
import torch
from tiny_runner import tiny_runner, train
from tiny_world import World
from torch import nn
from vadkit_backbones.conv3d import Conv3d
from vadkit_backbones.conv3d_card import Conv3dConfig

from vadkit.nn.heads import Shapes
from vadkit.registry.registry import Registry

KINDS = ("none", "2d", "3d")


def backbone(channels: int = 1, **options: object) -> Conv3d:
    torch.manual_seed(0)
    return Conv3d(Conv3dConfig(**{"heads": 6, "dim": 12, "blocks": 1, **options}), channels)  # type: ignore[arg-type]


@pytest.mark.parametrize("frames", [1, 5, 7])
@pytest.mark.parametrize("size", [(32, 32), (33, 47)])
@pytest.mark.parametrize("transformer", KINDS)
def test_maps_are_as_announced(transformer: str, size: tuple[int, int], frames: int) -> None:
    net = backbone(3, transformer=transformer)
    features = net(torch.rand(2, 3, frames, *size))
    lengths = [frames] * 3 + [1]
    for found, width, stride, length in zip(
        features.maps, net.widths, net.strides, lengths, strict=True
    ):
        sides = [-(-side // stride) for side in size]  # rounded up
        assert tuple(found.shape) == (2, width, length, *sides)


@pytest.mark.parametrize(
    ("depth", "width", "convs", "filters"),
    [("shallow", "narrow", 3, (16, 32, 32)), ("deep", "wide", 6, (32, 64, 64))],
)
def test_depth_and_width_are_those_of_the_paper(
    depth: str, width: str, convs: int, filters: tuple[int, ...]
) -> None:
    net = backbone(depth=depth, width=width)
    assert sum(isinstance(module, nn.Conv3d) for module in net.modules()) == convs
    assert net.widths == (*filters, filters[-1])


@pytest.mark.parametrize("transformer", KINDS)
def test_every_weight_learns(transformer: str) -> None:
    net = backbone(depth="deep", transformer=transformer, kv_stride=2, blocks=2)
    net(torch.rand(3, 1, 4, 17, 23)).code.square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
    silent = [name for name, p in net.named_parameters() if not p.grad.abs().sum()]  # type: ignore[union-attr]
    assert silent == []


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_the_code_is_pooled_over_all_of_time(pooling: str) -> None:
    net = backbone(pooling=pooling).eval()
    clip = torch.rand(1, 1, 6, 16, 16)
    last = net.pool(net(clip).maps[2])
    pooled = last.mean(dim=2) if pooling == "mean" else last.amax(dim=2)
    torch.testing.assert_close(net(clip).code[:, :, 0], pooled)


def test_a_transformer_in_two_dimensions_sees_no_order_and_one_in_three_does() -> None:
    clip = torch.rand(2, 1, 6, 16, 16)
    for transformer, same in (("2d", True), ("3d", False)):
        net = backbone(transformer=transformer).eval()
        kept = [nn.Identity() for _ in range(3)]  # time is mixed by the transformer alone
        net.stages = nn.ModuleList(kept)
        net.transformer.entry = nn.Linear(1, 12)  # type: ignore[union-attr]
        forth, back = net(clip).code, net(clip.flip(2)).code
        assert torch.allclose(forth, back, atol=1e-6) == same


@pytest.mark.parametrize("transformer", KINDS)
def test_bf16(transformer: str) -> None:
    net = backbone(transformer=transformer)
    with torch.autocast("cpu", torch.bfloat16):
        features = net(torch.rand(2, 1, 7, 15, 15))
    assert features.code.isfinite().all()


def test_a_decoder_gives_the_clip_its_size_back() -> None:
    net = backbone(transformer="3d")
    shapes = Shapes(1, (33, 47), net.widths, net.strides)
    out = shapes.heads.decoder(frames=2)(net(torch.rand(2, 1, 5, 33, 47)), {})
    assert out.shape == (2, 1, 2, 33, 47)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"transformer": "3d", "dim": 70}, "dim 70 must be a multiple of heads 12"),
        ({"blocks": 0}, "blocks must be at least 1"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Conv3dConfig(**options)  # type: ignore[arg-type]


def test_it_trains_in_a_recipe(world: World, registry: Registry) -> None:
    path = world.recipe('"prediction", "middle_box"')
    backbone = '{ name = "conv3d", transformer = "3d", blocks = 1, heads = 6, dim = 12 }'
    runner = tiny_runner(path, registry, f"backbone={backbone}", "phase.0.steps=2")
    (terms,) = train(runner)
    assert {name.split(".")[0] for name in terms} == {"prediction", "middle_box"}

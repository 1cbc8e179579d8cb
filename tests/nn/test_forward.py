"""Views of equal shape pass together, others by themselves, each view to its own output."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn
from vadkit_backbones.unet import UNet
from vadkit_backbones.unet_card import UNetConfig

from vadkit.nn.backbone import Features
from vadkit.nn.forward import forward_views
from vadkit.nn.heads import PerView, Shapes
from vadkit.utils.rng import generator, seeded

SIZE = (16, 16)


def clip(seed: int, frames: int = 3) -> Tensor:
    return torch.rand(4, 1, frames, *SIZE, generator=generator("clip", seed))


def network(memory: int = 0) -> tuple[UNet, Shapes]:
    with seeded("network"):
        backbone = UNet(UNetConfig(width=8, memory=memory), 1)
    return backbone, Shapes(1, SIZE, backbone.widths, backbone.strides, {"scene": (5,)})


class Counted(nn.Module):
    """A backbone that notes the shape of all that passes through it."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone, self.shapes = backbone, list[tuple[int, ...]]()

    def forward(self, clips: Tensor) -> Features:
        self.shapes.append(tuple(clips.shape))
        features: Features = self.backbone(clips)
        return features


def test_views_of_equal_shape_are_one_pass_and_others_their_own() -> None:
    backbone, shapes = network()
    counted, head = Counted(backbone), shapes.heads.embedding(7)
    inputs = {"a": clip(0), "still": clip(1, 1), "b": clip(2), "c": clip(3)}
    outputs = forward_views(counted, head, inputs, {}).outputs
    assert counted.shapes == [(12, 1, 3, *SIZE), (4, 1, 1, *SIZE)]
    assert list(outputs) == list(inputs)
    assert {tuple(out.shape) for out in outputs.values()} == {(4, 7)}


@pytest.mark.parametrize("per_view", [False, True])
def test_each_view_gets_what_it_would_get_by_itself(per_view: bool) -> None:
    """In evaluation mode, where batch norm looks at no batch."""
    backbone, shapes = network()
    context = {"scene": torch.rand(4, 5, generator=generator("scene"))}
    inputs = {"a": clip(0), "still": clip(1, 1), "b": clip(2)}
    heads = {name: shapes.heads.embedding(6, context=("scene",)) for name in inputs}
    head = PerView(heads) if per_view else heads["a"]
    backbone.eval(), head.eval()
    outputs = forward_views(backbone, head, inputs, context).outputs
    for name, view in inputs.items():
        expected = heads[name if per_view else "a"](backbone(view), context)
        assert torch.allclose(outputs[name], expected, atol=1e-5)


def test_batch_norm_sees_all_views_of_a_shape() -> None:
    backbone, shapes = network()
    inputs = {"dark": clip(0) / 9, "light": clip(0)}
    outputs = forward_views(backbone, shapes.heads.embedding(6), inputs, {}).outputs
    joint, _ = network()
    joint(torch.cat(list(inputs.values())))
    for name, statistic in backbone.named_buffers():
        assert torch.equal(statistic, joint.get_buffer(name))
    apart = (outputs["dark"] - outputs["light"]).abs().mean()
    assert apart > 0.01  # by itself, each would be normalised to the same


def test_terms_of_the_backbone_are_the_mean_over_the_views() -> None:
    backbone, shapes = network(memory=12)
    backbone.eval()
    inputs = {"a": clip(0), "still": clip(1, 1), "b": clip(2)}
    terms = forward_views(backbone, shapes.heads.embedding(6), inputs, {}).terms
    alone = [backbone(view).terms["memory"] for view in inputs.values()]
    assert terms["memory"].item() == pytest.approx(torch.stack(alone).mean().item(), rel=1e-5)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_frozen_backbone_gets_no_gradient(frozen: bool) -> None:
    backbone, shapes = network()
    head = PerView({name: shapes.heads.decoder() for name in "ab"})
    passed = forward_views(backbone, head, {"a": clip(0), "b": clip(1)}, {}, frozen=frozen)
    torch.stack(list(passed.outputs.values())).sum().backward()
    assert all((weight.grad is None) == frozen for weight in backbone.parameters())
    assert all(weight.grad is not None for weight in head.parameters())


class Half(nn.Module):
    def forward(self, features: Features, context: Mapping[str, Tensor]) -> Tensor:
        return features.pooled().bfloat16()


def test_outputs_are_floats_of_32_bits() -> None:
    backbone, _ = network()
    assert forward_views(backbone, Half(), {"a": clip(0)}, {}).outputs["a"].dtype == torch.float32

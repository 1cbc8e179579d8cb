from __future__ import annotations

from typing import Any

import pytest
import torch
from vadkit_backbones.unet import UNet
from vadkit_backbones.unet_card import UNetConfig

from vadkit.nn.backbone import Features
from vadkit.nn.heads import Shapes


def shapes(blocks: int = 3, **context: tuple[int, ...]) -> Shapes:
    net = UNet(UNetConfig(width=8, depth=blocks), channels=3)
    return Shapes(3, (48, 48), net.widths, net.strides, context)


def features(size: tuple[int, int] = (48, 48), depth: int = 3, batch: int = 2) -> Features:
    found: Features = UNet(UNetConfig(width=8, depth=depth), 3)(torch.rand(batch, 3, 4, *size))
    return found


@pytest.mark.parametrize("size", [(48, 48), (33, 47), (50, 31)])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_decoder_gives_the_clip_its_size_back(size: tuple[int, int], depth: int) -> None:
    head = shapes(depth).heads.decoder(frames=4)
    assert head(features(size, depth), {}).shape == (2, 3, 4, *size)


def test_a_decoder_has_the_channels_asked_for() -> None:
    assert shapes().heads.decoder(frames=1, channels=2)(features(), {}).shape == (2, 2, 1, 48, 48)


def test_frames_and_channels_of_a_decoder_are_not_mixed_up() -> None:
    head: Any = shapes().heads.decoder(frames=4)
    head.last.weight.data.zero_()
    head.last.bias.data = torch.arange(12.0)  # channel by channel
    out = head(features(), {})
    assert out[0, 1, :, 0, 0].tolist() == [4, 5, 6, 7]


def test_classifiers_and_embeddings_have_their_shape() -> None:
    heads = shapes(scene=(5,)).heads
    assert heads.classifier(7, 7)(features(), {}).shape == (2, 7, 7)
    assert heads.classifier(9, 9, grid=3)(features(), {}).shape == (2, 9, 9)
    scene = {"scene": torch.rand(2, 5)}
    assert heads.embedding(16, context=("scene",))(features(), scene).shape == (2, 16)


def test_a_grid_knows_where_and_a_pool_does_not() -> None:
    given = features()
    turned = Features(tuple(map_.flip(-1) for map_ in given.maps), given.size)
    pooled, placed = shapes().heads.classifier(4), shapes().heads.classifier(4, grid=3)
    torch.testing.assert_close(pooled(given, {}), pooled(turned, {}))
    assert not torch.allclose(placed(given, {}), placed(turned, {}), atol=1e-4)


def test_cells_share_their_weights_and_know_the_whole() -> None:
    net = shapes()
    side = 12
    maps = tuple(torch.rand(2, width, 1, side, side) for width in net.widths)
    head = net.heads.cells(5, grid=3)
    given = head(Features(maps, (48, 48)), {})
    assert given.shape == (2, 9, 5)
    rolled = head(Features(tuple(of.roll(side // 3, -1) for of in maps), (48, 48)), {})
    wanted = given.unflatten(1, (3, 3)).roll(1, 2).flatten(1, 2)
    torch.testing.assert_close(rolled, wanted)
    other = [of.clone() for of in maps]
    other[0][..., :4, :4] += 1  # the first cell alone
    assert not torch.allclose(head(Features(tuple(other), (48, 48)), {})[:, 8], given[:, 8])


def test_named_context_reaches_the_head_and_nothing_else_does() -> None:
    heads = shapes(scene=(5,), depth=(1, 4, 4)).heads
    head, given = heads.embedding(8, context=("scene",)), features()
    scene, depth = torch.rand(2, 5), torch.rand(2, 1, 4, 4)
    out = head(given, {"scene": scene, "depth": depth})
    assert torch.equal(out, head(given, {"scene": scene, "depth": depth + 1}))
    assert not torch.allclose(out, head(given, {"scene": scene + 1, "depth": depth}))


def test_heads_of_one_phase_share_trunks_and_not_last_layers() -> None:
    common = shapes()
    one: Any = common.heads.decoder(frames=1)
    other: Any = common.heads.decoder(frames=9)
    assert one.trunk is other.trunk
    assert one.last.weight.shape != other.last.weight.shape
    assert shapes().heads.decoder().trunk is not one.trunk


def test_different_trunks_are_not_shared() -> None:
    common = shapes(scene=(5,))
    plain, placed = common.heads.classifier(4), common.heads.classifier(9, grid=3)
    informed = common.heads.classifier(4, context=("scene",))
    assert len({id(head.trunk) for head in (plain, placed, informed)}) == 3
    assert common.heads.embedding(16).trunk is plain.trunk

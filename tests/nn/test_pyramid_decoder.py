from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from vadkit.nn.backbone import Features
from vadkit.nn.heads import Shapes
from vadkit.nn.pyramid_decoder import SCSE, Attention, Place, PyramidTrunk, decoded_widths

WIDTHS, STRIDES = (8, 12, 16, 24), (2, 4, 8, 16)


def features(size: tuple[int, int]) -> Features:
    sides = [[-(-side // stride) for side in size] for stride in STRIDES]
    maps = [
        torch.rand(2, w, 1, *side, requires_grad=True)
        for w, side in zip(WIDTHS, sides, strict=True)
    ]
    return Features(tuple(maps), size)


def head(**options: object) -> nn.Module:
    return Shapes(3, (32, 48), WIDTHS, STRIDES).heads.pyramid(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(32, 48), (33, 47)])
@pytest.mark.parametrize("place", get_args(Place))
def test_attention_at_every_place_keeps_the_shape_and_reaches_all(
    place: Place, size: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    made, given = head(frames=2, channels=5, scse=True, guide=3, place=place), features(size)
    guide = torch.rand(2, 3, *size, requires_grad=True)
    out = made(given, {"guide": guide})
    assert out.shape == (2, 5, 2, *size)
    out.square().mean().backward()
    reached = [*made.parameters(), guide, *given.maps]
    assert all(of.grad is not None and of.grad.abs().sum() > 0 for of in reached)


@pytest.mark.parametrize("place", get_args(Place))
def test_bf16(place: Place) -> None:
    made = head(scse=True, guide=2, place=place)
    with torch.autocast("cpu", torch.bfloat16):
        out = made(features((17, 31)), {"guide": torch.rand(2, 2, 17, 31)})
    assert out.shape == (2, 3, 1, 17, 31)
    assert out.isfinite().all()


@pytest.mark.parametrize(
    ("place", "times"), [("encoder", 1), ("skip", 3), ("decoder", 3), ("final", 1)]
)
def test_attention_multiplies_what_the_place_says(
    monkeypatch: pytest.MonkeyPatch, place: Place, times: int
) -> None:
    """With an attention of zero everywhere, what it multiplies vanishes."""
    seen: list[Tensor] = []
    original = PyramidTrunk._guided

    def spied(self: PyramidTrunk, maps: Tensor, guide: Tensor | None, at: Place) -> Tensor:
        out = original(self, maps, guide, at)
        if at == self.place and not out.any():
            seen.append(out)
        return out

    monkeypatch.setattr(PyramidTrunk, "_guided", spied)
    monkeypatch.setattr(Attention, "forward", lambda self, guide: torch.zeros_like(guide[:, :1]))
    trunk = PyramidTrunk(WIDTHS, STRIDES, scse=False, guide=1, place=place)
    trunk(features((32, 48)), {"guide": torch.rand(2, 1, 32, 48)})
    assert len(seen) == times


def test_without_a_guide_none_is_read() -> None:
    assert head(channels=1)(features((32, 48)), {}).shape == (2, 1, 1, 32, 48)


def test_scse_is_the_sum_of_both_gates() -> None:
    """Roy et al., 2019: channel gate from the mean, spatial gate from a 1x1 convolution."""
    gate, maps = SCSE(16), torch.randn(2, 16, 3, 5)
    first, second = gate.channel[1], gate.channel[3]
    mean = maps.mean(dim=(2, 3))
    hidden = (mean @ first.weight[:, :, 0, 0].T + first.bias).relu()
    channel = (hidden @ second.weight[:, :, 0, 0].T + second.bias).sigmoid()
    spatial = gate.spatial[0]
    where = torch.einsum("bchw,c->bhw", maps, spatial.weight[0, :, 0, 0]) + spatial.bias
    expected = maps * channel[:, :, None, None] + maps * where.sigmoid()[:, None]
    torch.testing.assert_close(gate(maps), expected)


def test_only_maps_in_the_middle_are_gated() -> None:
    gates = PyramidTrunk(WIDTHS, STRIDES, scse=True, guide=0, place="decoder").gates
    assert [isinstance(gate, SCSE) for gate in gates] == [False, True, True, False]


def test_decoded_maps_are_no_wider_than_a_usual_unets() -> None:
    assert decoded_widths((64, 128, 256, 512), (1, 2, 4, 8)) == (16, 32, 64, 128)
    assert decoded_widths(WIDTHS, STRIDES) == WIDTHS

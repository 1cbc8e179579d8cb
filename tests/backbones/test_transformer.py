"""The convolutional transformer against its formula, written out head by head."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F
from vadkit_backbones.transformer import Attention, Block, Projection, Transformer

DIM, HEADS = 12, 3


def projected(of: Projection, tokens: torch.Tensor, taps: int, stride: int) -> torch.Tensor:
    """Depthwise convolution, batch norm and linear layer -> (B, cells, D)."""
    maps = tokens.permute(0, 4, 1, 2, 3)
    near = F.conv3d(
        maps,
        of.depthwise.weight,
        stride=(1, stride, stride),
        padding=(taps // 2, 1, 1),
        groups=DIM,
    )
    mean, var = of.norm.running_mean, of.norm.running_var
    assert mean is not None
    assert var is not None
    shape = (1, -1, 1, 1, 1)
    normed = (near - mean.view(shape)) / torch.sqrt(var.view(shape) + of.norm.eps)
    normed = normed * of.norm.weight.view(shape) + of.norm.bias.view(shape)
    return normed.flatten(2).transpose(1, 2) @ of.linear.weight.T + of.linear.bias


@pytest.mark.parametrize(("taps", "stride"), [(1, 1), (3, 1), (3, 2)])
def test_attention_is_softmax_of_scaled_products(taps: int, stride: int) -> None:
    """CvT, Eq. 2 and 3: q, k, v by convolution; softmax(q kᵀ dim^-0.5) v in every head."""
    torch.manual_seed(0)
    attend = Attention(DIM, HEADS, taps, stride).eval()
    tokens = torch.randn(2, 3, 4, 5, DIM)
    q = projected(attend.query, tokens, taps, 1)
    k, v = (projected(of, tokens, taps, stride) for of in (attend.key, attend.value))
    heads = []
    for part in torch.arange(DIM).chunk(HEADS):
        products = q[..., part] @ k[..., part].transpose(1, 2) / DIM**0.5
        weights = products.exp() / products.exp().sum(dim=-1, keepdim=True)
        heads.append(weights @ v[..., part])
    together = torch.cat(heads, dim=-1) @ attend.out.weight.T + attend.out.bias
    torch.testing.assert_close(attend(tokens), together.view(tokens.shape), atol=1e-5, rtol=1e-4)


def test_a_block_adds_attention_then_mlp() -> None:
    block = Block(DIM, HEADS, 1, 4, 1).eval()
    tokens = torch.randn(2, 1, 3, 3, DIM)
    attended = tokens + block.attend[1](F.layer_norm(tokens, (DIM,)))
    hidden = F.gelu(block.mlp[1](F.layer_norm(attended, (DIM,))))
    torch.testing.assert_close(block(tokens), attended + block.mlp[3](hidden))


@pytest.mark.parametrize("blocks", [1, 2, 3])
@pytest.mark.parametrize("heads", [6, 12, 18])
@pytest.mark.parametrize("taps", [1, 3])
def test_every_variant_of_the_papers_table_keeps_the_cells(
    blocks: int, heads: int, taps: int
) -> None:
    net = Transformer(8, 72, blocks=blocks, heads=heads, taps=taps, mlp_ratio=4, kv_stride=1)
    maps = torch.rand(2, 8, 2, 3, 5, requires_grad=True)
    out = net(maps)
    assert out.shape == (2, 72, 2, 3, 5)
    out.square().mean().backward()
    assert maps.grad is not None
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())

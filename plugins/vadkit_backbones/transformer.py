"""The convolutional transformer (CvT: Wu et al., ICCV 2021), in two dimensions or three ([002])."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Transformer(nn.Module):
    """Blocks of attention among all cells of a map, whose queries see their neighbours.

    Args:
        entry: Channels of the map; projected where `dim` differs.
        dim: Width D of a token, a multiple of `heads`.
        blocks: Blocks, one after the other.
        heads: Attention heads of each.
        taps: Frames that the convolutions span: 3, or 1 for a transformer in two dimensions.
        mlp_ratio: Hidden width of the MLP, as a multiple of `dim`.
        kv_stride: Stride in space of keys and values.
    """

    def __init__(
        self,
        entry: int,
        dim: int,
        *,
        blocks: int,
        heads: int,
        taps: int,
        mlp_ratio: int,
        kv_stride: int,
    ) -> None:
        super().__init__()
        self.entry = nn.Linear(entry, dim) if entry != dim else nn.Identity()
        self.blocks = nn.Sequential(
            *(Block(dim, heads, taps, mlp_ratio, kv_stride) for _ in range(blocks))
        )

    def forward(self, maps: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, D, T, H, W)."""
        tokens: Tensor = self.blocks(self.entry(maps.movedim(1, -1)))
        return tokens.movedim(-1, 1)


class Block(nn.Module):
    """x + attention(norm x), then x + MLP(norm x)."""

    def __init__(self, dim: int, heads: int, taps: int, mlp_ratio: int, kv_stride: int) -> None:
        super().__init__()
        self.attend = nn.Sequential(nn.LayerNorm(dim), Attention(dim, heads, taps, kv_stride))
        hidden = mlp_ratio * dim
        self.mlp = nn.Sequential(
            nn.LayerNorm(dim), nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T, H, W, D) -> the same."""
        attended = tokens + self.attend(tokens)
        out: Tensor = attended + self.mlp(attended)
        return out


class Attention(nn.Module):
    """Attention of every cell to all; scaled by dim^-0.5 as CvT's code does, not by the head's."""

    def __init__(self, dim: int, heads: int, taps: int, kv_stride: int) -> None:
        super().__init__()
        self.query = Projection(dim, heads, taps, 1)
        self.key = Projection(dim, heads, taps, kv_stride)
        self.value = Projection(dim, heads, taps, kv_stride)
        self.out = nn.Linear(dim, dim)
        self.scale = dim**-0.5

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T, H, W, D) -> the same."""
        q, k, v = self.query(tokens), self.key(tokens), self.value(tokens)
        attended = _attended(q, k, v, self.scale)
        out: Tensor = self.out(attended.transpose(1, 2).reshape(tokens.shape))
        return out


def _attended(q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    """softmax(scale q kᵀ) v of (B, heads, N, D / heads)."""
    if q.device.type != "cpu":
        return F.scaled_dot_product_attention(q, k, v, scale=scale)
    # A CPU takes three times as long for heads this narrow in bfloat16.
    with torch.autocast("cpu", enabled=False):
        return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), scale=scale)


class Projection(nn.Module):
    """A depthwise convolution, batch norm and a linear layer, split among the heads."""

    def __init__(self, dim: int, heads: int, taps: int, stride: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv3d(
            dim,
            dim,
            (taps, 3, 3),
            stride=(1, stride, stride),
            padding=(taps // 2, 1, 1),
            groups=dim,
            bias=False,
        )
        self.norm = nn.BatchNorm3d(dim)
        self.linear = nn.Linear(dim, dim)
        self.heads = heads

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T, H, W, D) -> (B, heads, N, D / heads), N the cells that the stride leaves."""
        near: Tensor = self.norm(self.depthwise(tokens.movedim(-1, 1)))
        out: Tensor = self.linear(near.flatten(2).transpose(1, 2))
        return out.unflatten(2, (self.heads, -1)).transpose(1, 2)

"""The encoder of [000] and [001]: a U-Net whose skips are left out."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vadkit.api import Backbone, Features
from vadkit_backbones.memory import Memory
from vadkit_backbones.unet_card import UNetConfig


class TemporalStem(nn.Module):
    """A 3x3 convolution over T stacked frames whose weights fit any T.

    The kernel has K taps in time, a step function over the clip's duration. Each of the clip's T
    frames takes the integral of that function over its own share, so a still clip gets the same
    answer at any T, the cost is that of stacking frames as channels, and one set of weights
    serves views of one frame and of many.
    """

    def __init__(self, channels: int, width: int, taps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.kaiming_normal_(_empty(width, channels, taps)))

    def forward(self, clip: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, width, H, W)."""
        shares = overlaps(clip.shape[2], self.weight.shape[2]).to(self.weight)
        kernel = torch.einsum("wckij,tk->wctij", self.weight, shares)
        # (B, C, T, H, W) -> (B, C·T, H, W) -> (B, width, H, W)
        out = F.conv2d(clip.flatten(1, 2), kernel.flatten(1, 2), padding=1)
        return out.contiguous(memory_format=torch.channels_last)


def overlaps(frames: int, taps: int) -> Tensor:
    """(frames, taps): how much of each tap's time falls into each frame's."""
    edges = torch.linspace(0, taps, frames + 1)[:, None]
    start = torch.arange(taps)
    inside = torch.minimum(edges[1:], start + 1) - torch.maximum(edges[:-1], start)
    return inside.clamp(min=0)


def _empty(width: int, channels: int, taps: int) -> Tensor:
    return nn.Conv3d(channels, width, (taps, 3, 3)).weight.data


def _norm(kind: str, width: int) -> nn.Module:
    return nn.BatchNorm2d(width) if kind == "batch" else nn.GroupNorm(8, width)


def block(entry: int, width: int, convs: int, norm: str, stride: int) -> nn.Sequential:
    """`convs` times convolution, norm, ReLU; the first has the stride."""
    layers: list[nn.Module] = []
    for index in range(convs):
        source, step = (entry, stride) if index == 0 else (width, 1)
        layers += [nn.Conv2d(source, width, 3, step, 1, bias=False), _norm(norm, width), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(Backbone[UNetConfig]):
    """One convolution block at full size and `depth` blocks that halve it.

    The papers give "a conv layer and three conv blocks" without widths; 32 and doubling is what
    the closest published code has (HF2VAD, VEC).
    """

    def __init__(self, config: UNetConfig, channels: int) -> None:
        super().__init__(config, channels)
        self.widths = tuple(config.width * 2**level for level in range(config.depth + 1))
        self.strides = tuple(2**level for level in range(config.depth + 1))
        self.stem = nn.Sequential(
            TemporalStem(channels, config.width, config.taps),
            _norm(config.norm, config.width),
            nn.ReLU(),
            block(config.width, config.width, config.convs - 1, config.norm, 1),
        )
        pairs = pairwise(self.widths)
        self.down = nn.ModuleList(block(a, b, config.convs, config.norm, 2) for a, b in pairs)
        self.memory = (
            Memory(config.memory, self.widths[-1], config.shrink) if config.memory else None
        )

    def forward(self, clip: Tensor) -> Features:
        """(B, C, T, H, W) -> maps (B, width·2^k, 1, H/2^k, W/2^k), rounded up."""
        maps = [self.stem(clip)]
        for down in self.down:
            maps.append(down(maps[-1]))
        terms = {}
        if self.memory is not None:
            maps[-1], entropy = self.memory(maps[-1])
            terms["memory"] = self.config.entropy * entropy
        height, width = clip.shape[-2:]
        # (B, C, h, w) -> (B, C, 1, h, w)
        return Features(tuple(map_.unsqueeze(2) for map_ in maps), (height, width), terms)

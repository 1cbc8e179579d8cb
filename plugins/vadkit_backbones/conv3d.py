"""The 3D convolutional network of SSMTL, shallow or deep, narrow or wide."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from vadkit.api import Backbone, Features
from vadkit_backbones.conv3d_card import Conv3dConfig
from vadkit_backbones.transformer import Transformer

FILTERS = {"narrow": (16, 32, 32), "wide": (32, 64, 64)}
CONVS = {"shallow": 1, "deep": 2}
"""Convolutions of each of the three stages."""


class Conv3d(Backbone[Conv3dConfig]):
    """Three stages of 3x3x3 convolutions, each followed by max pooling in space.

    The stages' maps keep all T frames. The code, an eighth of the clip's size, is pooled over
    time after the last stage, with the transformer, if any, before ("3d") or after that ("2d").
    """

    def __init__(self, config: Conv3dConfig, channels: int) -> None:
        super().__init__(config, channels)
        filters, convs = FILTERS[config.width], CONVS[config.depth]
        pairs = pairwise((channels, *filters))
        self.stages = nn.ModuleList(stage(entry, width, convs) for entry, width in pairs)
        self.pool = nn.MaxPool3d((1, 2, 2), ceil_mode=True)
        self.transformer = _transformer(config, filters[-1])
        self.widths = (*filters, config.dim if self.transformer else filters[-1])
        self.strides = (1, 2, 4, 8)

    def forward(self, clip: Tensor) -> Features:
        """(B, C, T, H, W) -> maps (B, widths[k], T, H/2^k, W/2^k), rounded up; the code's T is 1.

        The code has `dim` channels if there is a transformer, else as many as the last stage.
        """
        maps, code = [], clip.contiguous(memory_format=torch.channels_last_3d)
        for convs in self.stages:
            maps.append(convs(code))
            code = self.pool(maps[-1])
        maps.append(self._code(code))
        return Features(tuple(maps), (clip.shape[-2], clip.shape[-1]))

    def _code(self, last: Tensor) -> Tensor:
        if self.transformer is None:
            return self._over_time(last)
        if self.config.transformer == "2d":
            return self.transformer(self._over_time(last))
        return self._over_time(self.transformer(last))

    def _over_time(self, maps: Tensor) -> Tensor:
        mean = self.config.pooling == "mean"
        return maps.mean(dim=2, keepdim=True) if mean else maps.amax(dim=2, keepdim=True)


def stage(entry: int, width: int, convs: int) -> nn.Sequential:
    """`convs` times convolution, batch norm, ReLU."""
    layers: list[nn.Module] = []
    for source in (entry, *[width] * (convs - 1)):
        conv = nn.Conv3d(source, width, 3, padding=1, bias=False)
        layers += [conv, nn.BatchNorm3d(width), nn.ReLU()]
    return nn.Sequential(*layers)


def _transformer(config: Conv3dConfig, entry: int) -> Transformer | None:
    if config.transformer == "none":
        return None
    return Transformer(
        entry,
        config.dim,
        blocks=config.blocks,
        heads=config.heads,
        taps=3 if config.transformer == "3d" else 1,
        mlp_ratio=config.mlp_ratio,
        kv_stride=config.kv_stride,
    )

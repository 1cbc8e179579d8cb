"""The pyramid decoder: skips over all maps, and attention to where something may happen ([003])."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vadkit.nn.backbone import Features

Place = Literal["encoder", "skip", "decoder", "final"]
"""What the guide's attention multiplies: the code, the skipped maps, each decoded map, the last."""


class PyramidTrunk(nn.Module):
    """A U-Net's decoder for maps of any strides.

    Args:
        widths: Channels of the backbone's maps, from fine to coarse.
        strides: Pixels a cell of each stands for.
        scse: Gate the maps in the middle by channel and by place before they are skipped.
        guide: Channels of `context["guide"]`, which says where to look; 0 for none.
        place: What its attention multiplies.
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        strides: tuple[int, ...],
        scse: bool,
        guide: int,
        place: Place,
    ) -> None:
        super().__init__()
        middle = range(1, len(widths) - 1) if scse else range(0)
        self.gates = nn.ModuleList(
            SCSE(width) if level in middle else nn.Identity() for level, width in enumerate(widths)
        )
        self.widths = decoded_widths(widths, strides)
        levels = reversed(range(len(widths) - 1))
        entries = [*self.widths[:-1], widths[-1]]  # what comes from below: decoded, or the code
        self.blocks = nn.ModuleList(
            _block(entries[level + 1] + widths[level], self.widths[level]) for level in levels
        )
        self.attention = Attention(guide) if guide else None
        self.place = place

    def forward(self, features: Features, context: Mapping[str, Tensor]) -> Tensor:
        """-> (B, self.widths[0], H, W) at the clip's size."""
        guide = self.attention(context["guide"]) if self.attention else None
        maps = [map_.mean(dim=2) for map_ in features.maps]  # (B, C, T, h, w) -> (B, C, h, w)
        *skips, code = [gate(map_) for gate, map_ in zip(self.gates, maps, strict=True)]
        out = self._guided(code, guide, "encoder")
        for block, skip in zip(self.blocks, reversed(skips), strict=True):
            larger = F.interpolate(out, skip.shape[-2:])
            out = block(torch.cat([larger, self._guided(skip, guide, "skip")], dim=1))
            out = self._guided(out, guide, "decoder")
        return F.interpolate(self._guided(out, guide, "final"), features.size)

    def _guided(self, maps: Tensor, guide: Tensor | None, place: Place) -> Tensor:
        if guide is None or place != self.place:
            return maps
        height, width = maps.shape[-2:]
        return maps * F.adaptive_avg_pool2d(guide, (height, width))


def decoded_widths(widths: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, ...]:
    """Channels of the decoded maps: at most 16 at full size, 32 at half, as usual U-Nets have."""
    return tuple(min(width, 16 * stride) for width, stride in zip(widths, strides, strict=True))


class SCSE(nn.Module):
    """Concurrent spatial and channel squeeze and excitation (Roy et al., TMI 2019).

    x·s(W₂ ReLU(W₁ mean x)) + x·s(w * x), s the sigmoid; their sum, and a reduction by 2.
    """

    def __init__(self, width: int, reduction: int = 2) -> None:
        super().__init__()
        squeezed = max(1, width // reduction)
        self.channel = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(width, squeezed, 1),
            nn.ReLU(),
            nn.Conv2d(squeezed, width, 1),
            nn.Sigmoid(),
        )
        self.spatial = nn.Sequential(nn.Conv2d(width, 1, 1), nn.Sigmoid())

    def forward(self, maps: Tensor) -> Tensor:
        """(B, C, H, W) -> the same."""
        out: Tensor = maps * self.channel(maps) + maps * self.spatial(maps)
        return out


class Attention(nn.Sequential):
    """From a guide (B, G, H, W) to how much each place matters: (B, 1, H, W) in (0, 1).

    [003] Fig. 4 draws a small network and gives no layers.
    """

    def __init__(self, guide: int, width: int = 16) -> None:
        super().__init__(
            nn.Conv2d(guide, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 1, 1),
            nn.Sigmoid(),
        )


def _block(entry: int, width: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for source in (entry, width):
        layers += [nn.Conv2d(source, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)]
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)

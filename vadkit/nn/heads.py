"""Heads: what turns features into a task's output. Tasks of a phase may share their trunks.

A head is a trunk and a last layer of its own. Trunks are kept by what they are (kind and
shape), so two tasks of one phase that both ask for a decoder get two last layers on one trunk:
the shared head of [000] with the separate last convolutions of [001].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vadkit.nn.backbone import Features
from vadkit.nn.pyramid_decoder import Place, PyramidTrunk, decoded_widths


@dataclass(frozen=True)
class Shapes:
    """What a head is built for."""

    channels: int
    """Colour channels C of the clips."""
    size: tuple[int, int]
    """Height and width of the clips; whole frames may differ from cubes."""
    widths: tuple[int, ...]
    """Channels of the backbone's maps, from fine to coarse."""
    strides: tuple[int, ...]
    """Pixels a cell of each map stands for."""
    context: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """`Need.key` -> shape of the answer without B, for what the task needs to train."""
    trunks: dict[str, nn.Module] = field(default_factory=dict)
    """The trunks that heads share; a fresh dict shares nothing."""

    @property
    def heads(self) -> Heads:
        return Heads(self)


class PerView(nn.ModuleDict):
    """A head for each view, by the view's name; each is called with its own view's features."""


class Heads:
    """Makes heads for one backbone and one set of shared trunks."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def decoder(self, frames: int = 1, channels: int | None = None) -> nn.Module:
        """A mirrored decoder to a clip: `(features, context) -> (B, channels, frames, H, W)`.

        Args:
            frames: Frames of the output.
            channels: Channels of the output; those of the clips where not given.
        """
        widths = self._shapes.widths
        trunk = self._trunk("decoder", lambda: DecoderTrunk(widths))
        return self._clip(trunk, widths[0], channels, frames)

    def pyramid(
        self,
        frames: int = 1,
        channels: int | None = None,
        *,
        scse: bool = False,
        guide: int = 0,
        place: Place = "decoder",
    ) -> nn.Module:
        """A decoder with skips: `(features, context) -> (B, channels, frames, H, W)`.

        Where a task is to draw what it sees, skips would let it copy; a map of another kind
        (segmentation, motion) it can only learn. [003] has both options.

        Args:
            frames: Frames of the output.
            channels: Channels of the output; those of the clips where not given.
            scse: Gate the maps in the middle by channel and by place.
            guide: Channels of `context["guide"]` (B, guide, H, W), from which a small network
                makes an attention map; 0 for none.
            place: What the attention multiplies: `encoder` the code, `skip` the skipped maps,
                `decoder` each decoded map, `final` the last of them.
        """
        widths, strides = self._shapes.widths, self._shapes.strides
        key = f"pyramid-{scse}-{guide}-{place}"
        trunk = self._trunk(key, lambda: PyramidTrunk(widths, strides, scse, guide, place))
        return self._clip(trunk, decoded_widths(widths, strides)[0], channels, frames)

    def embedding(self, dim: int = 128, context: tuple[str, ...] = ()) -> nn.Module:
        """A projection of the pooled code and the named context: `-> (B, dim)`."""
        return self._dense((dim,), 1, context)

    def classifier(self, *shape: int, grid: int = 1, context: tuple[str, ...] = ()) -> nn.Module:
        """Fully connected logits: `(features, context) -> (B, *shape)`.

        Args:
            shape: Classes, or slots and classes.
            grid: Cells a side to which the code is pooled first; 1 forgets where things are.
            context: Views' context that joins the pooled code.
        """
        return self._dense(shape, grid, context)

    def cells(self, classes: int, grid: int) -> nn.Module:
        """One classifier for every cell of a grid: `(features, context) -> (B, grid², classes)`.

        It sees the cell's own share of every map and the mean of all cells. What lies in a cell
        has not to be learned anew for each, as a fully connected layer would have to.

        Args:
            classes: Logits of a cell.
            grid: Cells a side; they come row by row.
        """
        widths = self._shapes.widths
        trunk = self._trunk(f"cells-{grid}", lambda: CellTrunk(sum(widths), grid))
        return Head(trunk, nn.Linear(CellTrunk.width, classes), (grid * grid,))

    def _dense(self, shape: tuple[int, ...], grid: int, context: tuple[str, ...]) -> nn.Module:
        context_width = sum(prod(self._shapes.context[name]) for name in context)
        entry = self._shapes.widths[-1] * grid * grid + context_width
        key = f"dense-{grid}-{'-'.join(context)}"
        trunk = self._trunk(key, lambda: DenseTrunk(entry, grid, context))
        return Head(trunk, nn.Linear(DenseTrunk.width, prod(shape)), shape)

    def _clip(self, trunk: nn.Module, width: int, channels: int | None, frames: int) -> nn.Module:
        """A head to (B, channels, frames, H, W)."""
        shape = channels or self._shapes.channels, frames
        return Head(trunk, nn.Conv2d(width, prod(shape), 3, padding=1), shape)

    def _trunk(self, key: str, build: Callable[[], nn.Module]) -> nn.Module:
        if key not in self._shapes.trunks:
            self._shapes.trunks[key] = build()
        return self._shapes.trunks[key]


class Head(nn.Module):
    """A trunk, which tasks may share, and the last layer of one task.

    Args:
        trunk: `(features, context) -> (B, ...)`.
        last: Its outputs, channel after channel.
        shape: Into which the second axis of what comes out is split.
    """

    def __init__(self, trunk: nn.Module, last: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.trunk, self.last, self.shape = trunk, last, shape

    def forward(self, features: Features, context: Mapping[str, Tensor]) -> Tensor:
        """-> (B, *shape, ...)."""
        out: Tensor = self.last(self.trunk(features, context)).unflatten(1, self.shape)
        return out


class DecoderTrunk(nn.Module):
    """Doubles the code's size once for each of the backbone's halvings."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        pairs = list(pairwise(widths))
        self.up = nn.Sequential(*(_up(coarse, fine) for fine, coarse in reversed(pairs)))

    def forward(self, features: Features, context: Mapping[str, Tensor]) -> Tensor:
        """The time-pooled code -> (B, widths[0], H, W)."""
        height, width = features.size
        out: Tensor = self.up(features.code.mean(dim=2))  # (B, C, T, h, w) -> (B, C, h, w)
        return out[..., :height, :width]  # odd sizes were rounded up


def _up(coarse: int, fine: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(coarse, fine, 2, 2),
        nn.Conv2d(fine, fine, 3, padding=1, bias=False),
        nn.BatchNorm2d(fine),
        nn.ReLU(),
    )


class CellTrunk(nn.Module):
    """All maps pooled over time and to a grid; each cell and the mean of all through two layers."""

    width = 128

    def __init__(self, entry: int, grid: int) -> None:
        super().__init__()
        first, second = nn.Linear(2 * entry, self.width), nn.Linear(self.width, self.width)
        self.hidden = nn.Sequential(first, nn.ReLU(), second, nn.ReLU())
        self.grid = grid

    def forward(self, features: Features, context: Mapping[str, Tensor]) -> Tensor:
        """-> (B, grid², width)."""
        # (B, C, T, h, w) -> (B, C, grid, grid), for each map
        pooled = [F.adaptive_avg_pool2d(map_.mean(dim=2), self.grid) for map_ in features.maps]
        cells = torch.cat(pooled, dim=1).flatten(2).transpose(1, 2)  # (B, grid², ΣC)
        whole = cells.mean(dim=1, keepdim=True).expand_as(cells)
        out: Tensor = self.hidden(torch.cat([cells, whole], dim=2))
        return out


class DenseTrunk(nn.Module):
    """The code pooled over time and to a grid, with context, through one hidden layer."""

    width = 256

    def __init__(self, entry: int, grid: int, context: tuple[str, ...]) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(entry, self.width), nn.ReLU())
        self.grid = grid
        self.context = context

    def forward(self, features: Features, context: Mapping[str, Tensor]) -> Tensor:
        # (B, C, T, h, w) -> (B, C·grid²)
        pooled = F.adaptive_avg_pool2d(features.code.mean(dim=2), self.grid).flatten(1)
        extra = [context[name].flatten(1).to(pooled.dtype) for name in self.context]
        out: Tensor = self.hidden(torch.cat([pooled, *extra], dim=1))
        return out

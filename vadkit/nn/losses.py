"""Terms and errors that tasks share. Scalars are means over everything, errors are (B,)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Norm = Literal["l1", "l2"]

mse = F.mse_loss
l1 = F.l1_loss
cross_entropy = F.cross_entropy


def mean_output(outputs: Mapping[str, Tensor]) -> Tensor:
    """The mean of all views' outputs."""
    return torch.stack(list(outputs.values())).mean(dim=0)


def squared_error(output: Tensor, target: Tensor) -> Tensor:
    """(B,) mean squared difference."""
    return (output - target).square().flatten(1).mean(dim=1)


def unexplained(output: Tensor, target: Tensor, floor: float = 1e-3) -> Tensor:
    """(B,) mean squared difference as a share of the target's variance over its pixels.

    A sharp, rich object is harder to draw than a blurred, plain one; this leaves the difference
    out. The floor, about (8 / 255)², keeps noise on a plain cube from counting as everything.
    """
    variance = target.flatten(3).var(dim=-1, correction=0).flatten(1).mean(dim=1)
    return squared_error(output, target) / (variance + floor)


def absolute_error(output: Tensor, target: Tensor) -> Tensor:
    """(B,) mean absolute difference."""
    return (output - target).abs().flatten(1).mean(dim=1)


def error_map(output: Tensor, target: Tensor) -> Tensor:
    """(B, H, W) absolute difference, the mean over all axes between."""
    return (output - target).abs().flatten(1, -3).mean(dim=1)


def patch_max(output: Tensor, target: Tensor, grid: int = 4) -> Tensor:
    """Mean over the batch of the greatest mean square in one of grid x grid patches.

    Source: Baradaran and Bergevin, CVPRW 2023, 3.3. Where the side is no multiple of the grid,
    patches overlap by a pixel.
    """
    squares = (output - target).square().flatten(1, -3).mean(dim=1)  # (B, H, W)
    return F.adaptive_avg_pool2d(squares, grid).flatten(1).amax(dim=1).mean()


def difference(output: Tensor, target: Tensor, norm: Norm) -> Tensor:
    """Scalar: the mean absolute (`l1`) or squared (`l2`) difference."""
    return l1(output, target) if norm == "l1" else mse(output, target)


def error(output: Tensor, target: Tensor, norm: Norm) -> Tensor:
    """(B,) mean absolute (`l1`) or squared (`l2`) difference."""
    return (absolute_error if norm == "l1" else squared_error)(output, target)


def gradient_l1(output: Tensor, target: Tensor) -> Tensor:
    """Mean of | |∇output| - |∇target| | over both image axes (last two), as Liu et al., CVPR 2018.

    Zhang et al. print ‖∇x̂ - ∇x‖₁ with signs; the published code compares magnitudes, and on Ped2
    magnitudes were the better of the two.
    """
    terms = (l1(output.diff(dim=axis).abs(), target.diff(dim=axis).abs()) for axis in (-1, -2))
    return torch.stack(list(terms)).sum()

"""Terms and errors that tasks share. Scalars are means over everything, errors are (B,)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Norm = Literal["l1", "l2", "nll"]
"""Absolute or squared differences, or -log of a normal density whose variance is learned, too."""
LEAST_VARIANCE = 1e-4
"""Of `nll`: one level of 255 is a deviation of 0.004, and nothing is surer than a camera."""

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


def answers_of(norm: Norm) -> int:
    """How many numbers a head gives for each of the target's: for `nll` a mean and a log variance.

    The channels of the means come first.
    """
    return 2 if norm == "nll" else 1


def difference(output: Tensor, target: Tensor, norm: Norm) -> Tensor:
    """Scalar: the mean absolute (`l1`) or squared (`l2`) difference, or -log density (`nll`)."""
    # Of all numbers at once: a mean of objects' means has other last bits.
    means = {"l1": l1, "l2": mse}
    return means[norm](output, target) if norm in means else error(output, target, norm).mean()


def error(output: Tensor, target: Tensor, norm: Norm) -> Tensor:
    """(B,) mean absolute (`l1`) or squared (`l2`) difference, or -log density (`nll`)."""
    return _ERRORS[norm](output, target)


def surprise(output: Tensor, target: Tensor) -> Tensor:
    """(B,) mean -log density, without its constant, of a target (B, C, ...).

    Args:
        output: (B, 2C, ...): means, then logarithms of variances.
        target: What is to be foreseen.
    """
    mean, log_variance = output.chunk(2, dim=1)
    terms = F.gaussian_nll_loss(
        mean, target, log_variance.exp(), eps=LEAST_VARIANCE, reduction="none"
    )
    return terms.flatten(1).mean(dim=1)


_ERRORS = {"l1": absolute_error, "l2": squared_error, "nll": surprise}


def gradient_l1(output: Tensor, target: Tensor) -> Tensor:
    """Mean of | |∇output| - |∇target| | over both image axes (last two), as Liu et al., CVPR 2018.

    Zhang et al. print ‖∇x̂ - ∇x‖₁ with signs; the published code compares magnitudes, and on Ped2
    magnitudes were the better of the two.
    """
    terms = (l1(output.diff(dim=axis).abs(), target.diff(dim=axis).abs()) for axis in (-1, -2))
    return torch.stack(list(terms)).sum()

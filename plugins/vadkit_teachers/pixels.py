"""What teachers do to pixels before and after they look."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's channels."""


def own_frame(clips: Tensor) -> Tensor:
    """(B, C, T, H, W) -> (B, 3, H, W): the clip's own frame; grey counts as three equal colours."""
    return clips[:, :, clips.shape[2] // 2].expand(-1, 3, -1, -1)


def normalised(frames: Tensor) -> Tensor:
    """(B, 3, H, W) in [0, 1] -> with ImageNet's mean 0 and deviation 1."""
    mean, deviation = (frames.new_tensor(channels)[:, None, None] for channels in (MEAN, DEVIATION))
    return (frames - mean) / deviation


def cells(maps: Tensor, side: int) -> Tensor:
    """(B, K, H, W) -> (B, K, H/side, W/side), rounded up: means of cells of so many pixels."""
    height, width = maps.shape[-2:]
    return F.adaptive_avg_pool2d(maps, (-(-height // side), -(-width // side)))


def edges(images: Tensor) -> Tensor:
    """(B, 3, h, w) -> (B, 1, h, w): the gradient's magnitude, the mean over colours."""
    down = F.pad(images.diff(dim=2), (0, 0, 0, 1))
    across = F.pad(images.diff(dim=3), (0, 1))
    return (down.square() + across.square()).sqrt().mean(dim=1, keepdim=True)


def padded(frames: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column until both sides are multiples."""
    height, width = frames.shape[-2:]
    return F.pad(frames, (0, -width % multiple, 0, -height % multiple), mode="replicate")


def at_stride(maps: Tensor, size: tuple[int, int], stride: int) -> Tensor:
    """Leave out the cells of a map that stand for padding alone."""
    return maps[..., : -(-size[0] // stride), : -(-size[1] // stride)]


def heatmaps(points: Tensor, size: tuple[int, int], width: float) -> Tensor:
    """Draw a Gaussian of height 1 around each point.

    Args:
        points: (..., 2) x and y as shares of the box.
        size: Height and width of the answer (..., *size).
        width: Standard deviation as a share of the box.
    """
    rows, columns = ((torch.arange(n, device=points.device) + 0.5) / n for n in size)
    across = (columns - points[..., :1]) / width  # (..., w)
    down = (rows - points[..., 1:]) / width  # (..., h)
    distance = down.square()[..., :, None] + across.square()[..., None, :]
    return (-distance / 2).exp()

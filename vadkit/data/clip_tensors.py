"""From bytes as they are cut to what networks read."""

from __future__ import annotations

import torch
from torch import Tensor

from vadkit.registry.cards import Sampling


def floats(clips: Tensor, device: torch.device) -> Tensor:
    """Bytes as floats between 0 and 1, contiguous; they are converted on the device."""
    moved = clips.to(device)
    return moved.to(torch.float32, memory_format=torch.contiguous_format).div_(255)


def split_windows(clips: Tensor, sampling: Sampling) -> Tensor:
    """(B, C, N*T, H, W) -> (B, N, C, T, H, W); where there is one window, the clips as they are."""
    if sampling.windows == 1:
        return clips
    return clips.unflatten(2, (sampling.windows, sampling.frames)).transpose(1, 2)

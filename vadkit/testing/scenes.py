"""Scenes: units in which a square moves over a ramp, for the checks that train a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Generator, Tensor

from vadkit.registry.cards import Corruption, Sampling
from vadkit.utils.rng import generator, rand

SIDE = 0.4
"""The square's side as a share of the unit's."""
SPEEDS = 0.02, 0.04
"""Between which shares of the unit's width the square moves from frame to frame."""
NOISE = 0.3
"""Standard deviation of the noise that corrupts a unit."""
FASTER = 3
"""How many times as fast a unit moves that is corrupted by its speed."""

Shape = tuple[int, int, int, int]
"""Units, channels, height and width."""


def scenes(
    shape: Shape, sampling: Sampling, seed: int, corruption: Corruption | None = None
) -> Tensor:
    """Units (B, C, N·T, H, W) in which a square moves to the right and brightens.

    The shape is B, C, H and W; the seed decides the squares' places and speeds.
    """
    if corruption == "speed":
        sampling = replace(sampling, stride=FASTER * sampling.stride)
    clips = _drawn(shape, sampling, generator("scenes", seed))
    if corruption in _CORRUPTIONS:
        clips = _CORRUPTIONS[corruption](clips)
    return clips


def noise_clips(shape: Shape, sampling: Sampling, seed: int) -> Tensor:
    """Units (B, C, N·T, H, W) of another world: noise."""
    count, channels, *size = shape
    rng = generator("noise_clips", seed)
    return rand(count, channels, len(sampling.offsets), *size, rng=rng)


def _drawn(shape: Shape, sampling: Sampling, rng: Generator) -> Tensor:
    count, channels, height, width = shape
    rows, columns = _middles(height), _middles(width)
    offsets = torch.tensor(list(sampling.offsets), dtype=torch.float32)  # (K,)
    speed = SPEEDS[0] + (SPEEDS[1] - SPEEDS[0]) * rand(count, 1, rng=rng)
    top, left = 0.2 + 0.2 * rand(2, count, 1, rng=rng)
    across = _inside(columns, left + speed * offsets)[:, :, None, :]  # (B, K, 1, W)
    square = _inside(rows, top)[:, :, :, None] & across  # (B, K, H, W)
    ramp = 0.1 + 0.3 * rows[:, None] + 0.3 * columns  # (H, W)
    light = (0.75 + 0.02 * offsets).clamp(0.5, 1)[:, None, None]  # (K, 1, 1)
    grey = torch.where(square, light, ramp)  # (B, K, H, W)
    tints = torch.linspace(1, 0.5, channels)[:, None, None, None]
    return grey[:, None] * tints  # (B, C, K, H, W)


def _middles(length: int) -> Tensor:
    return (torch.arange(length) + 0.5) / length


def _inside(cells: Tensor, first: Tensor) -> Tensor:
    """(L,), (B, K) -> (B, K, L): which cells lie in the square."""
    away = cells - first[..., None]
    return (away >= 0) & (away < SIDE)


def _invert(clips: Tensor) -> Tensor:
    height, width = clips.shape[-2:]
    inverted = clips.clone()
    inner = (..., slice(height // 4, -(height // 4)), slice(width // 4, -(width // 4)))
    inverted[inner] = 1 - clips[inner]
    return inverted


def _noise(clips: Tensor) -> Tensor:
    return (clips + NOISE * torch.randn(clips.shape, generator=generator("noise"))).clamp(0, 1)


_CORRUPTIONS: dict[str | None, Callable[[Tensor], Tensor]] = {
    "invert": _invert,
    "noise": _noise,
    "reverse": lambda clips: clips.flip(2),
    # Every second frame first.
    "shuffle": lambda clips: torch.cat([clips[:, :, 1::2], clips[:, :, ::2]], dim=2),
}

"""Answers without weights about how an object looks: fixed random projections."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vadkit.api import Teacher
from vadkit_teachers.object_cards import RandomClassesConfig, RandomFeaturesConfig
from vadkit_teachers.pixels import edges, own_frame

LOOKS = 4
"""Numbers a cell: three colours and the edges."""


class RandomFeatures(Teacher[RandomFeaturesConfig]):
    """A random projection of an object's looks (B, D), each number of about deviation 1.

    Stands in for the features of a trained network: alike objects have alike answers.
    """

    def __init__(self, config: RandomFeaturesConfig) -> None:
        super().__init__(config)
        self.register_buffer("projection", _projection(config.grid, config.dim, config.seed))

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, D)."""
        return looks(clips, self.config.grid) @ self.get_buffer("projection")


class RandomClasses(Teacher[RandomClassesConfig]):
    """Probabilities (B, K) of classes that nobody named: the softmax of a random projection.

    Stands in for a detector's classes: alike objects fall into the same ones.
    """

    def __init__(self, config: RandomClassesConfig) -> None:
        super().__init__(config)
        self.register_buffer("projection", _projection(config.grid, config.classes, config.seed))

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, K)."""
        logits = looks(clips, self.config.grid) @ self.get_buffer("projection")
        return (self.config.sharpness * logits).softmax(dim=1)


def looks(clips: Tensor, grid: int) -> Tensor:
    """Mean colour and edges of each cell of the own frame: (B, 4·grid²), mean 0, deviation 1."""
    frame = own_frame(clips)
    kinds = F.adaptive_avg_pool2d(torch.cat([frame, edges(frame)], dim=1), grid)
    return F.layer_norm(kinds.flatten(1), (LOOKS * grid**2,))


def _projection(grid: int, dim: int, seed: int) -> Tensor:
    """(4·grid², dim), each column of about length 1."""
    entries = LOOKS * grid**2
    drawn = torch.randn(entries, dim, generator=torch.Generator().manual_seed(seed))
    return drawn / entries**0.5

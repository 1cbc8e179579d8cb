"""Optical flow by a trained network."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from vadkit.api import Teacher
from vadkit_teachers import flow_cards
from vadkit_teachers.flow_cards import RAFTConfig
from vadkit_teachers.pixels import cells
from vadkit_teachers.weights import Weights, library

MULTIPLE, SMALLEST = 8, 128
"""Pixels a side that the network wants: a multiple, and enough for its coarsest comparison."""


class RAFT(Teacher[RAFTConfig]):
    """Where each pixel of the frame before went: (B, 2, H/cell, W/cell), pixels right and down.

    Source: Teed and Deng, ECCV 2020, as torchvision has it.

    Raises:
        DataError: The weights are missing or of another network.
    """

    def __init__(self, config: RAFTConfig) -> None:
        super().__init__(config)
        weights = Weights(flow_cards.RAFT, config.weights)
        state, networks = weights.state(), library("torchvision.models.optical_flow")
        build = {"small": networks.raft_small, "large": networks.raft_large}[config.model]
        self.network = build(weights=None)
        weights.load_into(self.network, state)
        self.eval()

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, 2, H, W) -> (B, 2, h, w)."""
        height, width = clips.shape[-2:]
        frames = _large_enough(clips.transpose(1, 2).flatten(0, 1).expand(-1, 3, -1, -1))
        before, now = (2 * frames - 1).unflatten(0, (len(clips), 2)).unbind(1)
        flow: Tensor = self.network(before, now, num_flow_updates=self.config.updates)[-1]
        return cells(flow[..., :height, :width], self.config.cell)


def _large_enough(frames: Tensor) -> Tensor:
    """Repeat the last row and column."""
    more = [max(SMALLEST - side, -side % MULTIPLE) for side in frames.shape[-2:]]
    return F.pad(frames, (0, more[1], 0, more[0]), mode="replicate")

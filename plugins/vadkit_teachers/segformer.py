"""A segmentation by a transformer that was trained on whatever its folder says."""

from __future__ import annotations

from torch import Tensor

from vadkit.api import Teacher
from vadkit_teachers.pixels import at_stride, normalised, own_frame, padded
from vadkit_teachers.scene_cards import SEGFORMER, SegFormerConfig
from vadkit_teachers.weights import Weights, pretrained

STRIDE = 4
"""Pixels to a logit."""
COARSEST = 32
"""Pixels to a cell of its last stage."""


class SegFormer(Teacher[SegFormerConfig]):
    """SegFormer on the clip's own frame: probabilities (B, K, H/4, W/4), rounded up.

    Raises:
        DataError: The weights are missing or of another network.
    """

    def __init__(self, config: SegFormerConfig) -> None:
        super().__init__(config)
        weights = Weights(SEGFORMER, config.weights)
        self.network = pretrained(weights, "SegformerForSemanticSegmentation")

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, K, H/4, W/4)."""
        frames = own_frame(clips)
        height, width = frames.shape[-2:]
        logits = self.network(pixel_values=padded(normalised(frames), COARSEST)).logits
        return at_stride(logits, (height, width), STRIDE).softmax(dim=1)

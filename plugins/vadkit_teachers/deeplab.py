"""A street-scene segmentation: its classes, and the scene as [000] and HSC describe it by them."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor
from torch.nn import functional as F

from vadkit.api import Teacher, TeacherCard
from vadkit_teachers.pixels import at_stride, normalised, own_frame
from vadkit_teachers.scene_cards import DEEPLAB, DEEPLAB_MAPS, DeepLabConfig
from vadkit_teachers.weights import Weights, library

CLASSES = 19
BACKGROUND = 11
"""Cityscapes' train ids 0-10 are the place; 11-18 are people and vehicles."""
STRIDE = 4
"""Pixels to a logit, and again logits to a cell."""


class DeepLabMaps(Teacher[DeepLabConfig]):
    """DeepLabV3+ on the clip's own frame: probabilities (B, 19, H/4, W/4), rounded up.

    Raises:
        DataError: The weights are missing or of another network.
    """

    card: ClassVar[TeacherCard] = DEEPLAB_MAPS

    def __init__(self, config: DeepLabConfig) -> None:
        super().__init__(config)
        weights = Weights(self.card, config.weights)
        state, smp = weights.state(), library("segmentation_models_pytorch")
        # No encoder_weights, so that nothing is downloaded.
        self.network = smp.DeepLabV3Plus(
            config.encoder, encoder_weights=None, classes=CLASSES, upsampling=1
        )
        weights.load_into(self.network, state)
        self.eval()

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, 19, H/4, W/4)."""
        return self.logits(own_frame(clips)).softmax(dim=1)

    def logits(self, frames: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 19, H/4, W/4), rounded up; the network wants multiples of 16."""
        height, width = frames.shape[-2:]
        padded = F.pad(normalised(frames), (0, -width % 16, 0, -height % 16))
        return at_stride(self.network(padded), (height, width), STRIDE)


class DeepLab(DeepLabMaps):
    """DeepLabV3+ on the clip's own frame: (B, D), D = H/16 · W/16 rounded down, norm 1.

    Source: Zhang et al., ACM MM 2024, 3.3, after Sun and Gong, CVPR 2023 (HSC): logits at stride
    4, max-pooled by 4, each cell's greatest logit, 0 where that is a foreground class.

    Raises:
        DataError: The weights are missing or of another network.
    """

    card: ClassVar[TeacherCard] = DEEPLAB

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, D)."""
        return describe(self.logits(own_frame(clips)))


def describe(logits: Tensor) -> Tensor:
    """(B, 19, h, w) logits at stride 4 -> (B, h/4 · w/4)."""
    surest, kind = F.max_pool2d(logits, STRIDE).max(dim=1)  # (B, h/4, w/4)
    return F.normalize((surest * (kind < BACKGROUND)).flatten(1), dim=1)

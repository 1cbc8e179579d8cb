"""The scene as [000] and HSC describe it: a segmentation's surety of the background."""

from __future__ import annotations

import segmentation_models_pytorch as smp
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from vadkit.api import DataError, Teacher
from vadkit_teachers import CITYSCAPES, DeepLabConfig

CLASSES = 19
BACKGROUND = 11
"""Cityscapes' train ids 0-10 are the place; 11-18 are people and vehicles."""
STRIDE = 4
"""Pixels to a logit, and again logits to a cell."""


class DeepLab(Teacher[DeepLabConfig]):
    """DeepLabV3+ on the clip's own frame: (B, D), D = H/16 · W/16 rounded down, norm 1.

    Source: Zhang et al., ACM MM 2024, 3.3, after Sun and Gong, CVPR 2023 (HSC): logits at stride
    4, max-pooled by 4, each cell's greatest logit, 0 where that is a foreground class.

    Raises:
        DataError: The weights are missing or of another network.
    """

    def __init__(self, config: DeepLabConfig) -> None:
        super().__init__(config)
        state = _read(config)
        # No encoder_weights, so that nothing is downloaded.
        self.network = smp.DeepLabV3Plus(
            config.encoder, encoder_weights=None, classes=CLASSES, upsampling=1
        )
        try:
            self.network.load_state_dict(state)
        except RuntimeError as error:
            raise _unusable(
                config, f"does not fit: {' '.join(str(error).split())[:300]}"
            ) from error
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[:, None, None])
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225])[:, None, None])
        self.eval()

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, D)."""
        frames = clips[:, :, clips.shape[2] // 2].expand(-1, 3, -1, -1)
        return describe(self._logits(frames))

    def _logits(self, frames: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 19, H/4, W/4), rounded up; the network wants multiples of 16."""
        height, width = frames.shape[-2:]
        given = (frames - self.get_buffer("mean")) / self.get_buffer("deviation")
        logits: Tensor = self.network(F.pad(given, (0, -width % 16, 0, -height % 16)))
        return logits[..., : -(-height // STRIDE), : -(-width // STRIDE)]


def describe(logits: Tensor) -> Tensor:
    """(B, 19, h, w) logits at stride 4 -> (B, h/4 · w/4)."""
    surest, kind = F.max_pool2d(logits, STRIDE).max(dim=1)  # (B, h/4, w/4)
    return F.normalize((surest * (kind < BACKGROUND)).flatten(1), dim=1)


def _read(config: DeepLabConfig) -> dict[str, Tensor]:
    path = config.weights.expanduser()
    if not path.is_file():
        raise _unusable(config, "is missing")
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise _unusable(config, f"cannot be read: {error}") from error


def _unusable(config: DeepLabConfig, fault: str) -> DataError:
    return DataError(
        f"The weights {config.weights} of the teacher 'deeplabv3plus' {fault}.",
        f"Wanted is {CITYSCAPES}. Name the file in the recipe: [teachers.scene] weights = "
        f'"...", or use the teacher scene-grid, which needs none.',
    )

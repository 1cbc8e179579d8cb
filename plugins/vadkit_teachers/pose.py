"""A pose without weights: how an object stands out where joints usually are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vadkit.api import Teacher
from vadkit_teachers.object_cards import UsualPoseConfig
from vadkit_teachers.pixels import heatmaps, own_frame

JOINTS = (
    *((0.50, 0.07), (0.53, 0.05), (0.47, 0.05), (0.57, 0.06), (0.43, 0.06)),  # nose, eyes, ears
    *((0.65, 0.20), (0.35, 0.20), (0.72, 0.34), (0.28, 0.34)),  # shoulders, elbows
    *((0.72, 0.48), (0.28, 0.48), (0.60, 0.52), (0.40, 0.52)),  # wrists, hips
    *((0.60, 0.73), (0.40, 0.73), (0.60, 0.94), (0.40, 0.94)),  # knees, ankles
)
"""x and y of COCO's 17 joints, as shares of the box of someone upright who faces the camera."""


class UsualPose(Teacher[UsualPoseConfig]):
    """Heatmaps (B, 17, size, size): usual places, as bright as the object differs there.

    Stands in for a trained network: who stands upright has every joint, who lies or sits lacks
    some.
    """

    def __init__(self, config: UsualPoseConfig) -> None:
        super().__init__(config)
        size = (config.size, config.size)
        self.register_buffer("usual", heatmaps(torch.tensor(JOINTS), size, config.width))

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, 17, size, size)."""
        standing = F.adaptive_avg_pool2d(contrast(own_frame(clips)), self.config.size)
        return self.get_buffer("usual") * standing


def contrast(frames: Tensor) -> Tensor:
    """(B, 3, H, W) -> (B, 1, H, W): the distance from the border's mean colour, at most 1.

    The box's border is mostly background; the pixel that is farthest from it has 1.
    """
    sides = [frames[..., 0, :], frames[..., -1, :], frames[..., 0], frames[..., -1]]
    border = torch.cat(sides, dim=-1).mean(dim=-1)[..., None, None]  # (B, 3, 1, 1)
    away = (frames - border).abs().amax(dim=1, keepdim=True)
    return away / away.amax(dim=(2, 3), keepdim=True).clamp(min=1e-3)

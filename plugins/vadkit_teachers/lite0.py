"""Features of EfficientNet-lite0, whose weights come with the extra `features`."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vadkit.api import Teacher
from vadkit_teachers.lite0_weights import lite0_weights, renamed
from vadkit_teachers.object_cards import Lite0Config
from vadkit_teachers.pixels import own_frame
from vadkit_teachers.weights import library


class Lite0(Teacher[Lite0Config]):
    """The spatial mean of one of the network's outputs: (B, D), the mean square of each row 1.

    Raises:
        ImportError: timm or the package of the weights is missing.
    """

    def __init__(self, config: Lite0Config) -> None:
        super().__init__(config)
        with torch.random.fork_rng(devices=[]):  # what it draws shall change no training
            self.network = library("timm").create_model("tf_efficientnet_lite0", pretrained=False)
        state = torch.load(lite0_weights(), map_location="cpu", weights_only=True)
        self.network.load_state_dict(dict(renamed(state)))
        self.eval()

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, D)."""
        square = (self.config.size, self.config.size)
        pixels = F.interpolate(own_frame(clips), square, mode="bilinear", antialias=True) * 255
        (output,) = self.network.forward_intermediates(
            (pixels - 127) / 128, [self.config.block], stop_early=True, intermediates_only=True
        )
        features: Tensor = output.mean(dim=(2, 3))
        return F.normalize(features, eps=1e-12) * features.shape[1] ** 0.5

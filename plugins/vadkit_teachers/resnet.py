"""Features of a network trained on ImageNet."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from vadkit.api import Teacher
from vadkit_teachers.object_cards import RESNET, ResNetConfig
from vadkit_teachers.pixels import normalised, own_frame
from vadkit_teachers.weights import Weights, library


class ResNet(Teacher[ResNetConfig]):
    """What the network says of an object before its softmax: (B, D), D = 1000 for ImageNet.

    Source: Barbalau et al., CVIU 2023, T4. The object fills the network's input.

    Raises:
        DataError: The weights are missing or of another network.
    """

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__(config)
        weights = Weights(RESNET, config.weights)
        state, timm = weights.state(), library("timm")
        self.network = timm.create_model(config.model, pretrained=False)
        weights.load_into(self.network, state)
        self.eval()

    def forward(self, clips: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, D)."""
        square = (self.config.size, self.config.size)
        resized = F.interpolate(own_frame(clips), square, mode="bicubic", antialias=True)
        features: Tensor = self.network(normalised(resized))
        return features

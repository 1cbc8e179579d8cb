"""Card of the pyramid: an encoder of timm."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vadkit.api import BackboneCard


@dataclass(frozen=True, kw_only=True)
class PyramidConfig:
    encoder: str = "resnet34"
    """The encoder, as timm names it; [003] also has vgg16."""
    weights: Path | None = None
    """File of the encoder's trained weights; none: it begins with random ones."""
    depth: int = 5
    """How often the maps are halved, 1 to 5; what lies deeper in the encoder is left out."""
    taps: int = 9
    """Taps of the first layer's temporal kernel, interpolated to each clip's length."""

    def __post_init__(self) -> None:
        if self.depth not in range(1, 6):
            raise ValueError("depth must be 1 to 5")
        if self.taps < 1:
            raise ValueError("taps must be at least 1")


PYRAMID = BackboneCard(
    name="pyramid",
    summary="A pretrained encoder of timm; its first layer has a temporal kernel.",
    paper="Baradaran and Bergevin, CVPRW 2023",
    config=PyramidConfig,
    load="vadkit_backbones.pyramid:Pyramid",
    extra="frames",
)

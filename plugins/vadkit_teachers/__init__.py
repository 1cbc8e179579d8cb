"""Teachers: fixed models, and rules that need no weights, that answer what tasks need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vadkit.api import Sampling, TeacherCard, hookimpl

CITYSCAPES = (
    "a state dict of segmentation_models_pytorch.DeepLabV3Plus with the 19 Cityscapes classes "
    "(train ids), as safetensors; trained weights follow Cityscapes' terms (research only, "
    "cityscapes-dataset.com)"
)


@dataclass(frozen=True, kw_only=True)
class SceneGridConfig:
    grid: int = 8
    """Cells a side."""
    frames: int = 5
    """Frames whose median is the background."""
    stride: int = 10
    """Video frames between them."""
    threshold: float = 0.1
    """Difference from the background, in [0, 1], above which a pixel is foreground."""


@dataclass(frozen=True, kw_only=True)
class DeepLabConfig:
    weights: Path = Path("deeplabv3plus_cityscapes.safetensors")
    """File of the trained weights."""
    encoder: str = "resnet101"
    """The network's encoder, as segmentation-models-pytorch names it."""


SCENE_GRID = TeacherCard(
    name="scene-grid",
    role="scene",
    summary="Colour and edges of the background on a grid, without the foreground.",
    config=SceneGridConfig,
    load="vadkit_teachers.scene:SceneGrid",
    sampling=lambda config: Sampling(unit="frame", frames=config.frames, stride=config.stride),
)

DEEPLAB = TeacherCard(
    name="deeplabv3plus",
    role="scene",
    summary="How sure a street-scene segmentation is of the background, on a grid.",
    paper="Sun and Gong, CVPR 2023 (HSC); Zhang et al., ACM MM 2024, 3.3",
    config=DeepLabConfig,
    load="vadkit_teachers.deeplab:DeepLab",
    sampling=lambda _: Sampling(unit="frame", frames=1),
    extra="frames",
    weights=CITYSCAPES,
)


@hookimpl
def vadkit_teachers() -> list[TeacherCard]:
    return [SCENE_GRID, DEEPLAB]

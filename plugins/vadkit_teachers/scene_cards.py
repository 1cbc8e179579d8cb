"""Cards of the teachers that see a place: scene, segmentation, depth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vadkit.api import Sampling, TeacherCard

CITYSCAPES = (
    "a state dict of segmentation_models_pytorch.DeepLabV3Plus with the 19 Cityscapes classes "
    "(train ids), as safetensors; trained weights follow Cityscapes' terms (research only, "
    "cityscapes-dataset.com)"
)
SEGFORMER_WEIGHTS = (
    "a folder with config.json and model.safetensors of a SegFormer, as "
    "huggingface.co/nvidia/segformer-b0-finetuned-ade-512-512 (NVIDIA's licence: research only)"
)
DPT_WEIGHTS = (
    "a folder with config.json and model.safetensors of a DPT, as "
    "huggingface.co/Intel/dpt-hybrid-midas (Apache-2.0), the MiDaS hybrid of [003]"
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


@dataclass(frozen=True, kw_only=True)
class ForegroundConfig:
    bands: int = 3
    """Classes of foreground: bands of rows from far to near."""
    frames: int = 5
    """Frames whose median is the background."""
    stride: int = 10
    """Video frames between them."""
    threshold: float = 0.1
    """Difference from the background, in [0, 1], at which a pixel is as likely foreground."""
    cell: int = 2
    """Pixels a side that one cell of the answer stands for."""

    def __post_init__(self) -> None:
        if min(self.bands, self.frames, self.stride, self.cell) < 1 or self.threshold <= 0:
            raise ValueError("bands, frames, stride, cell and threshold must be positive")


@dataclass(frozen=True, kw_only=True)
class SegFormerConfig:
    weights: Path = Path("segformer")
    """Folder of the trained model."""


@dataclass(frozen=True, kw_only=True)
class GroundPlaneConfig:
    horizon: float = 0.0
    """Row of the horizon as a share of the height; what is above is infinitely far."""
    cell: int = 4
    """Pixels a side that one cell of the answer stands for."""

    def __post_init__(self) -> None:
        if not 0 <= self.horizon < 1 or self.cell < 1:
            raise ValueError("horizon must be in [0, 1) and cell at least 1 pixel")


@dataclass(frozen=True, kw_only=True)
class DPTConfig:
    weights: Path = Path("dpt-hybrid-midas")
    """Folder of the trained model."""
    size: int = 384
    """Side of the square to which frames are resized for the network."""
    cell: int = 4
    """Pixels a side that one cell of the answer stands for."""

    def __post_init__(self) -> None:
        if self.size < 1 or self.cell < 1:
            raise ValueError("size and cell must be at least 1 pixel")


def _around(config: SceneGridConfig | ForegroundConfig) -> Sampling:
    return Sampling(unit="frame", frames=config.frames, stride=config.stride)


def _frame(_: object) -> Sampling:
    return Sampling(unit="frame", frames=1)


SCENE_GRID = TeacherCard(
    name="scene-grid",
    role="scene",
    summary="Colour and edges of the background on a grid, without the foreground.",
    config=SceneGridConfig,
    load="vadkit_teachers.scene:SceneGrid",
    sampling=_around,
)

DEEPLAB = TeacherCard(
    name="deeplabv3plus",
    role="scene",
    summary="How sure a street-scene segmentation is of the background, on a grid.",
    paper="Sun and Gong, CVPR 2023 (HSC); Zhang et al., ACM MM 2024, 3.3",
    config=DeepLabConfig,
    load="vadkit_teachers.deeplab:DeepLab",
    sampling=_frame,
    extra="frames",
    weights=CITYSCAPES,
)

FOREGROUND = TeacherCard(
    name="foreground",
    role="segmentation",
    summary="Background, and what differs from it, by bands of rows from far to near.",
    config=ForegroundConfig,
    load="vadkit_teachers.foreground:Foreground",
    sampling=_around,
)

DEEPLAB_MAPS = TeacherCard(
    name="deeplabv3plus-maps",
    role="segmentation",
    summary="Probabilities of the 19 Cityscapes classes.",
    paper="Chen et al., ECCV 2018",
    config=DeepLabConfig,
    load="vadkit_teachers.deeplab:DeepLabMaps",
    sampling=_frame,
    extra="frames",
    weights=CITYSCAPES,
)

SEGFORMER = TeacherCard(
    name="segformer",
    role="segmentation",
    summary="Probabilities of the classes of a trained SegFormer.",
    paper="Xie et al., NeurIPS 2021",
    config=SegFormerConfig,
    load="vadkit_teachers.segformer:SegFormer",
    sampling=_frame,
    extra="depth",
    weights=SEGFORMER_WEIGHTS,
)

GROUND_PLANE = TeacherCard(
    name="ground-plane",
    role="depth",
    summary="Inverse depth of a plane: it grows with the row, whatever the frame shows.",
    config=GroundPlaneConfig,
    load="vadkit_teachers.depth:GroundPlane",
    sampling=_frame,
)

DPT = TeacherCard(
    name="dpt",
    role="depth",
    summary="Inverse depth by a trained DPT (MiDaS), from 0 to 1 in each frame.",
    paper="Ranftl et al., ICCV 2021; Baradaran and Bergevin, CVPRW 2023, 3.2",
    config=DPTConfig,
    load="vadkit_teachers.depth:DPT",
    sampling=_frame,
    extra="depth",
    weights=DPT_WEIGHTS,
)

CARDS = [
    SCENE_GRID,
    DEEPLAB,
    FOREGROUND,
    DEEPLAB_MAPS,
    SEGFORMER,
    GROUND_PLANE,
    DPT,
]

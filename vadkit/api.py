"""All that a plugin may import. Cards and the hook marker at once, torch names when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vadkit.errors import DataError, PluginError, VadkitError
from vadkit.registry.cards import API as VERSION
from vadkit.registry.cards import (
    BackboneCard,
    BoxRules,
    DatasetCard,
    DetectorCard,
    Need,
    NoOptions,
    Sampling,
    TaskCard,
    TeacherCard,
)
from vadkit.registry.hookspecs import hookimpl

if TYPE_CHECKING:
    from vadkit.data.annotations.csv_table import CsvRow, read_csv
    from vadkit.data.annotations.frame_labels import (
        check_length,
        checked_labels,
        interval_labels,
        mask_labels,
        range_labels,
        read_array,
        read_intervals,
        read_labels,
        read_masks,
    )
    from vadkit.data.annotations.tracks import TrackedBox, build_tracks, read_evaluator_tracks
    from vadkit.data.dataset import Dataset, Split, Track, Video
    from vadkit.data.detection import Boxes, Detector, Seen
    from vadkit.data.file_dataset import FileDataset, fingerprint_files
    from vadkit.data.folder_dataset import FolderDataset
    from vadkit.data.rendered_dataset import RenderedDataset
    from vadkit.data.verification import ExpectedFiles
    from vadkit.data.video.folder_reader import frame_files
    from vadkit.data.video.frame import Frame, VideoReader, natural_key
    from vadkit.data.video.open_video import (
        clip_name,
        count_frames,
        is_image,
        is_video,
        list_videos,
        open_video,
    )
    from vadkit.nn.backbone import Backbone, Features
    from vadkit.nn.heads import Heads, PerView, Shapes
    from vadkit.nn.losses import (
        absolute_error,
        cross_entropy,
        difference,
        error,
        error_map,
        gradient_l1,
        l1,
        mean_output,
        mse,
        patch_max,
        squared_error,
        unexplained,
    )
    from vadkit.task import Batch, Outputs, Task, Views
    from vadkit.teacher import Teacher
    from vadkit.utils.rng import rand, randint, randperm
    from vadkit.utils.threads import thread_environment, usable_cores

_LAZY = {
    "Backbone": "nn.backbone",
    "Batch": "task",
    "Boxes": "data.detection",
    "CsvRow": "data.annotations.csv_table",
    "Dataset": "data.dataset",
    "Detector": "data.detection",
    "ExpectedFiles": "data.verification",
    "Features": "nn.backbone",
    "FileDataset": "data.file_dataset",
    "FolderDataset": "data.folder_dataset",
    "Frame": "data.video.frame",
    "Heads": "nn.heads",
    "Outputs": "task",
    "PerView": "nn.heads",
    "RenderedDataset": "data.rendered_dataset",
    "Seen": "data.detection",
    "Shapes": "nn.heads",
    "Split": "data.dataset",
    "Task": "task",
    "Teacher": "teacher",
    "Track": "data.dataset",
    "TrackedBox": "data.annotations.tracks",
    "Video": "data.dataset",
    "VideoReader": "data.video.frame",
    "Views": "task",
    "absolute_error": "nn.losses",
    "build_tracks": "data.annotations.tracks",
    "check_length": "data.annotations.frame_labels",
    "checked_labels": "data.annotations.frame_labels",
    "clip_name": "data.video.open_video",
    "count_frames": "data.video.open_video",
    "cross_entropy": "nn.losses",
    "difference": "nn.losses",
    "error": "nn.losses",
    "error_map": "nn.losses",
    "fingerprint_files": "data.file_dataset",
    "frame_files": "data.video.folder_reader",
    "gradient_l1": "nn.losses",
    "interval_labels": "data.annotations.frame_labels",
    "is_image": "data.video.open_video",
    "is_video": "data.video.open_video",
    "l1": "nn.losses",
    "list_videos": "data.video.open_video",
    "mask_labels": "data.annotations.frame_labels",
    "mean_output": "nn.losses",
    "mse": "nn.losses",
    "natural_key": "data.video.frame",
    "open_video": "data.video.open_video",
    "patch_max": "nn.losses",
    "rand": "utils.rng",
    "randint": "utils.rng",
    "randperm": "utils.rng",
    "range_labels": "data.annotations.frame_labels",
    "read_array": "data.annotations.frame_labels",
    "read_csv": "data.annotations.csv_table",
    "read_evaluator_tracks": "data.annotations.tracks",
    "read_intervals": "data.annotations.frame_labels",
    "read_labels": "data.annotations.frame_labels",
    "read_masks": "data.annotations.frame_labels",
    "squared_error": "nn.losses",
    "thread_environment": "utils.threads",
    "unexplained": "nn.losses",
    "usable_cores": "utils.threads",
}

__all__ = [
    "VERSION",
    "Backbone",
    "BackboneCard",
    "Batch",
    "BoxRules",
    "Boxes",
    "CsvRow",
    "DataError",
    "Dataset",
    "DatasetCard",
    "Detector",
    "DetectorCard",
    "ExpectedFiles",
    "Features",
    "FileDataset",
    "FolderDataset",
    "Frame",
    "Heads",
    "Need",
    "NoOptions",
    "Outputs",
    "PerView",
    "PluginError",
    "RenderedDataset",
    "Sampling",
    "Seen",
    "Shapes",
    "Split",
    "Task",
    "TaskCard",
    "Teacher",
    "TeacherCard",
    "Track",
    "TrackedBox",
    "VadkitError",
    "Video",
    "VideoReader",
    "Views",
    "absolute_error",
    "build_tracks",
    "check_length",
    "checked_labels",
    "clip_name",
    "count_frames",
    "cross_entropy",
    "difference",
    "error",
    "error_map",
    "fingerprint_files",
    "frame_files",
    "gradient_l1",
    "hookimpl",
    "interval_labels",
    "is_image",
    "is_video",
    "l1",
    "list_videos",
    "mask_labels",
    "mean_output",
    "mse",
    "natural_key",
    "open_video",
    "patch_max",
    "rand",
    "randint",
    "randperm",
    "range_labels",
    "read_array",
    "read_csv",
    "read_evaluator_tracks",
    "read_intervals",
    "read_labels",
    "read_masks",
    "squared_error",
    "thread_environment",
    "unexplained",
    "usable_cores",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"vadkit.api has no {name!r}")
    return getattr(import_module(f"vadkit.{_LAZY[name]}"), name)

"""All that a plugin may import. Cards and the hook marker at once, torch names when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vadkit.errors import DataError, PluginError, VadkitError
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
    from vadkit.data.dataset import Dataset, Split, Track, Video
    from vadkit.data.detection import Boxes, Detector, Seen
    from vadkit.data.video.frame import Frame
    from vadkit.nn.backbones import Backbone
    from vadkit.nn.features import Features
    from vadkit.nn.heads import Heads, Shapes
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

_LAZY = {
    "Backbone": "nn.backbones",
    "Batch": "task",
    "Boxes": "data.detection",
    "Dataset": "data.dataset",
    "Detector": "data.detection",
    "Features": "nn.features",
    "Frame": "data.video.frame",
    "Heads": "nn.heads",
    "Outputs": "task",
    "Seen": "data.detection",
    "Shapes": "nn.heads",
    "Split": "data.dataset",
    "Task": "task",
    "Teacher": "teacher",
    "Track": "data.dataset",
    "Video": "data.dataset",
    "Views": "task",
    "absolute_error": "nn.losses",
    "cross_entropy": "nn.losses",
    "difference": "nn.losses",
    "error": "nn.losses",
    "error_map": "nn.losses",
    "gradient_l1": "nn.losses",
    "l1": "nn.losses",
    "mean_output": "nn.losses",
    "mse": "nn.losses",
    "patch_max": "nn.losses",
    "rand": "utils.rng",
    "randint": "utils.rng",
    "randperm": "utils.rng",
    "squared_error": "nn.losses",
    "unexplained": "nn.losses",
}

__all__ = [
    "Backbone",
    "BackboneCard",
    "Batch",
    "BoxRules",
    "Boxes",
    "DataError",
    "Dataset",
    "DatasetCard",
    "Detector",
    "DetectorCard",
    "Features",
    "Frame",
    "Heads",
    "Need",
    "NoOptions",
    "Outputs",
    "PluginError",
    "Sampling",
    "Seen",
    "Shapes",
    "Split",
    "Task",
    "TaskCard",
    "Teacher",
    "TeacherCard",
    "Track",
    "VadkitError",
    "Video",
    "Views",
    "absolute_error",
    "cross_entropy",
    "difference",
    "error",
    "error_map",
    "gradient_l1",
    "hookimpl",
    "l1",
    "mean_output",
    "mse",
    "patch_max",
    "rand",
    "randint",
    "randperm",
    "squared_error",
    "unexplained",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"vadkit.api has no {name!r}")
    return getattr(import_module(f"vadkit.{_LAZY[name]}"), name)

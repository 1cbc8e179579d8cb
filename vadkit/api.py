"""All that a plugin may import. Cards and the hook marker at once, torch names when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vadkit.cards import (
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
from vadkit.errors import DataError, PluginError, VadkitError
from vadkit.hookspecs import hookimpl

if TYPE_CHECKING:
    from vadkit.backbones import Backbone
    from vadkit.data.dataset import Dataset, Split, Track, Video
    from vadkit.data.frames import Frame
    from vadkit.data.objects import Boxes, Detector, Seen
    from vadkit.features import Features
    from vadkit.heads import Heads, Shapes
    from vadkit.losses import (
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
    from vadkit.rng import rand, randint, randperm
    from vadkit.task import Batch, Outputs, Task, Views
    from vadkit.teacher import Teacher

_LAZY = {
    "Backbone": "backbones",
    "Batch": "task",
    "Boxes": "data.objects",
    "Dataset": "data.dataset",
    "Detector": "data.objects",
    "Features": "features",
    "Frame": "data.frames",
    "Heads": "heads",
    "Outputs": "task",
    "Seen": "data.objects",
    "Shapes": "heads",
    "Split": "data.dataset",
    "Task": "task",
    "Teacher": "teacher",
    "Track": "data.dataset",
    "Video": "data.dataset",
    "Views": "task",
    "absolute_error": "losses",
    "cross_entropy": "losses",
    "difference": "losses",
    "error": "losses",
    "error_map": "losses",
    "gradient_l1": "losses",
    "l1": "losses",
    "mean_output": "losses",
    "mse": "losses",
    "patch_max": "losses",
    "rand": "rng",
    "randint": "rng",
    "randperm": "rng",
    "squared_error": "losses",
    "unexplained": "losses",
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

"""A data role: the data set that a recipe binds to it, and how units are cut from its videos."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import Any

from vadkit.data.annotations.known import LabelReader
from vadkit.data.dataset import Dataset, Split, Video
from vadkit.data.detection import Detector
from vadkit.data.video.frame import VideoReader
from vadkit.data.video.open_video import open_video
from vadkit.data.video_pass import VideoPass
from vadkit.errors import DataError, RecipeError
from vadkit.recipe import BoundRecipe
from vadkit.registry.cards import Unit


class BoundDataset:
    """What a recipe binds to the data role `name`, and how its videos are opened.

    If strict, damaged frames are refused.
    """

    def __init__(self, name: str, bound: BoundRecipe, *, strict: bool = False) -> None:
        if name not in bound.datasets:
            raise RecipeError(
                f"No data set is bound to the role {name!r}.",
                f"Bind one under [data], or with --data {name}=DIR.",
            )
        self.name, self._strict = name, strict
        self._source, self._finders = bound.datasets[name], bound.detectors
        self.every, self.rules = self._source.every, self._source.rules
        self.dataset: Dataset[Any] = self._source.create()
        self.label_reader = LabelReader(self.dataset)
        self._opened: dict[str, VideoReader] = {}

    @cached_property
    def detectors(self) -> list[Detector[Any]]:
        """The stages that find objects."""
        return [finder.create() for finder in self._finders]

    def videos(self, split: Split) -> list[Video]:
        """The split's videos; DataError where there is none."""
        videos = self.dataset.videos(split)
        if not videos:
            where = f" in {self._source.path}" if self._source.path else ""
            raise DataError(
                f"The data set {self._source.name!r} of the data role {self.name!r} has no "
                f"{split} videos{where}.",
                "A run trains on `train` videos and scores `test` videos; it needs both.",
            )
        return videos

    @cached_property
    def channels(self) -> int:
        """Colour channels of its first video: 1 (grey) or 3 (RGB)."""
        first = (self.dataset.videos("train") or self.videos("test"))[0]
        self._opened[first.name] = self._open(first)
        return self._opened[first.name].info.channels

    def video_pass(self, video: Video, channels: int) -> VideoPass:
        """A pass over a video, which is opened."""
        reader = self._opened.pop(video.name, None) or self._open(video)
        return VideoPass(video, reader, self.detectors, self.rules, channels)

    def _open(self, video: Video) -> VideoReader:
        return open_video(video.path, strict=self._strict, unrelated=video.unrelated)

    def facts(self, unit: Unit) -> dict[str, Any]:
        """JSON values of all that decides frames and boxes."""
        return {"dataset": self._fingerprint} | (self._boxes if unit == "object" else {})

    @cached_property
    def _fingerprint(self) -> str:
        return self.dataset.fingerprint()  # reads of every file

    @cached_property
    def _boxes(self) -> dict[str, Any]:
        """JSON values of all that decides boxes."""
        stages = [
            (finder.distribution, finder.card.revision, finder.table, detector.fingerprint())
            for finder, detector in zip(self._finders, self.detectors, strict=True)
        ]
        return {"rules": asdict(self.rules), "detectors": stages}

    def too_few(self, split: Split, unit: Unit, frames: int) -> DataError:
        """The error that there is nothing to train on."""
        names = " + ".join(finder.name for finder in self._finders)
        finders = f" (objects found by {names})" if unit == "object" else ""
        return DataError(
            f"The {split} videos of the data role {self.name!r} have fewer than two "
            f"{unit}s{finders} with the {frames} frames that a clip takes.",
            "Take longer videos, another detector or weaker rules under [objects].",
        )

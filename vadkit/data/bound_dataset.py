"""A data role: the data set that a recipe binds to it, and how units are cut from its videos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.frame_labels import check_length
from vadkit.data.annotations.mask_tracks import derive_tracks
from vadkit.data.annotations.tracks import check_tracks
from vadkit.data.crops import Cut, Cutting, cut
from vadkit.data.dataset import Dataset, Split, Track, Video
from vadkit.data.detection import REPAIRED, Detector, detect, read
from vadkit.data.store.video_shards import Source
from vadkit.data.video.frame import VideoReader
from vadkit.data.video.open_video import open_video
from vadkit.errors import DataError, RecipeError
from vadkit.recipe import Recipe
from vadkit.registry.cards import BoxRules, DatasetCard, Unit
from vadkit.registry.registry import Registry

TARGET = "target"
"""The role that is trained on and scored; all others are trained on alone."""
Tracks = tuple[dict[str, list[Track]], bool]
"""Video -> its anomalies, and whether any were derived from masks."""


class Role:
    """What a recipe binds to one data role.

    Args:
        name: The role.
        recipe: Binds data sets to roles.
        registry: Where data sets and detectors come from.
        strict: Refuse damaged frames; otherwise their neighbours stand in.
    """

    def __init__(
        self, name: str, recipe: Recipe, registry: Registry, *, strict: bool = False
    ) -> None:
        if name not in recipe.data:
            raise RecipeError(
                f"No data set is bound to the role {name!r}.",
                f"Bind one under [data], or with --data {name}=DIR.",
            )
        source = recipe.data[name]
        self.name = name
        self.strict = strict
        self._source = source
        self.every = source.every
        self.dataset: Dataset[Any] = registry.create(
            "dataset", source.dataset, source.options, source.path
        )
        card = registry.card("dataset", source.dataset)
        usual = card.rules if isinstance(card, DatasetCard) else BoxRules()
        self.rules = recipe.objects.rules or usual
        self._finders = recipe.objects.detectors
        self._registry = registry
        self._labels: dict[Split, dict[str, NDArray[np.uint8] | None]] = {}
        self._tracks: dict[Split, Tracks | None] = {}

    @cached_property
    def detectors(self) -> list[Detector[Any]]:
        """The stages that find objects."""
        return [self._registry.create("detector", of.name, of.options) for of in self._finders]

    def videos(self, split: Split) -> list[Video]:
        """The split's videos.

        Raises:
            DataError: There is none.
        """
        found = self.dataset.videos(split)
        if not found:
            where = f" in {self._source.path}" if self._source.path else ""
            raise DataError(
                f"The data set {self._source.dataset!r} of the data role {self.name!r} has no "
                f"{split} videos{where}.",
                "A run trains on `train` videos and scores `test` videos; it needs both.",
            )
        return found

    def facts(self, unit: Unit) -> dict[str, Any]:
        """JSON values of all that decides frames and boxes."""
        return {"dataset": self._fingerprint} | (self._boxes if unit == "object" else {})

    @cached_property
    def _fingerprint(self) -> str:
        return self.dataset.fingerprint()  # reads of every file

    @cached_property
    def _boxes(self) -> dict[str, Any]:
        """JSON values of all that decides boxes."""
        found = zip(self._finders, self.detectors, strict=True)
        return {
            "rules": asdict(self.rules),
            "detectors": [
                (
                    self._registry.source("detector", source.name),
                    self._registry.card("detector", source.name).revision,
                    source.model_dump(mode="json"),
                    detector.fingerprint(),
                )
                for source, detector in found
            ],
        }

    def source(self, split: Split, unit: Unit) -> Source:
        """The split's videos, and how units are cut from them.

        Raises:
            DataError: There is no video.
        """
        videos = self.videos(split)
        names = tuple(video.name for video in videos)

        def cuts(number: int, cutting: Cutting, counts: Counter[str]) -> Iterator[Cut]:
            return self._cuts(videos[number], cutting, counts)

        return Source(f"{unit}s of {self.name} {split}", names, cuts)

    def _cuts(self, video: Video, cutting: Cutting, counts: Counter[str]) -> Iterator[Cut]:
        reader = open_video(video.path, strict=self.strict)
        if cutting.unit == "frame":
            stream = read(reader, counts)
        else:
            stream = detect(video, reader, self.detectors, self.rules, counts)
        yield from cut(stream, cutting)
        if lost := reader.report.repaired:
            counts[f"{REPAIRED} in {video.name}, {_places(reader, lost)}"] = len(lost)

    def labels(
        self, split: Split, lengths: Mapping[str, int]
    ) -> dict[str, NDArray[np.uint8] | None]:
        """Each video's labels (frames,), or None where nothing is known.

        Raises:
            DataError: A video has more or fewer labels than frames.
        """
        if split not in self._labels:  # masks take long to read
            videos = self.dataset.videos(split)
            self._labels[split] = {video.name: self.dataset.labels(video) for video in videos}
        known = self._labels[split]
        for name, labels in known.items():
            if labels is not None:
                check_length(name, lengths[name], len(labels))
        return known

    def tracks(self, split: Split, lengths: Mapping[str, int]) -> Tracks | None:
        """Each video's anomalies, and whether any were derived from masks.

        None where it is not known of a video in which there is one.

        Raises:
            DataError: A track reaches beyond its video.
        """
        if split not in self._tracks:
            self._tracks[split] = self._read_tracks(split, lengths)
        return self._tracks[split]

    def _read_tracks(self, split: Split, lengths: Mapping[str, int]) -> Tracks | None:
        labels, derived = self.labels(split, lengths), False
        found: dict[str, list[Track]] = {}
        for video in self.dataset.videos(split):
            own = self._known_tracks(video, labels[video.name])
            if own is None:
                masks = self.dataset.masks(video)
                if masks is None:
                    return None
                own, derived = derive_tracks(masks), True
            check_tracks(video.name, own, lengths[video.name])
            found[video.name] = own
        return found, derived

    def _known_tracks(self, video: Video, labels: NDArray[np.uint8] | None) -> list[Track] | None:
        """The data set's own tracks, which normal videos need no file for."""
        own = self.dataset.tracks(video)
        normal = labels is not None and not labels.any()
        return [] if own is None and normal else own

    def too_few(self, split: Split, unit: Unit, frames: int) -> DataError:
        """The error that there is nothing to train on."""
        names = " + ".join(source.name for source in self._finders)
        found = f" (objects found by {names})" if unit == "object" else ""
        return DataError(
            f"The {split} videos of the data role {self.name!r} have fewer than two {unit}s{found} "
            f"with the {frames} frames that a clip takes.",
            "Take longer videos, another detector or weaker rules under [objects].",
        )


def _places(reader: VideoReader, frames: list[int]) -> str:
    """The first of these frames by its file, and how many more there are."""
    more = f" and {len(frames) - 1} more" if len(frames) > 1 else ""
    return reader.place(frames[0]) + more

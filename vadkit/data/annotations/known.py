"""What is known of a data set's videos: labels and tracks, read once and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.frame_labels import check_length
from vadkit.data.annotations.mask_tracks import derive_tracks
from vadkit.data.annotations.tracks import check_tracks
from vadkit.data.dataset import Dataset, Split, Track, Video
from vadkit.errors import DataError

Labels = dict[str, NDArray[np.uint8] | None]
"""Video -> its labels (frames,), 1 where anomalous, or None where nothing is known."""
Tracks = tuple[dict[str, list[Track]], bool]
"""Video -> its anomalies, and whether any were derived from masks."""


class Annotations:
    """Labels and tracks of a data set's videos.

    Args:
        dataset: Reads them.
    """

    def __init__(self, dataset: Dataset[Any]) -> None:
        self._dataset = dataset
        self._labels: dict[Split, Labels] = {}
        self._tracks: dict[Split, Tracks | None] = {}

    def present(self, split: Split) -> bool:
        """Whether any video has labels; they are not checked yet."""
        return any(labels is not None for labels in self._read_labels(split).values())

    def labels(self, split: Split, lengths: Mapping[str, int]) -> Labels:
        """Each video's labels.

        Raises:
            DataError: A video has more or fewer labels than frames.
        """
        videos = self._read_labels(split)
        for name, labels in videos.items():
            if labels is not None:
                check_length(name, lengths[name], len(labels))
        return videos

    def tracks(self, split: Split, lengths: Mapping[str, int]) -> Tracks | None:
        """Each video's anomalies; None where they are not known of a video in which there is one.

        Raises:
            DataError: A track reaches beyond its video.
        """
        if split not in self._tracks:
            self._tracks[split] = self._read_tracks(split, lengths)
        return self._tracks[split]

    def _read_labels(self, split: Split) -> Labels:
        if split not in self._labels:  # masks take long to read
            videos = self._dataset.videos(split)
            self._labels[split] = {video.name: self._dataset.labels(video) for video in videos}
        return self._labels[split]

    def _read_tracks(self, split: Split, lengths: Mapping[str, int]) -> Tracks | None:
        labels, derived = self.labels(split, lengths), False
        videos: dict[str, list[Track]] = {}
        for video in self._dataset.videos(split):
            tracks = self._published_tracks(video, labels[video.name])
            if tracks is None:
                masks = self._dataset.masks(video)
                if masks is None:
                    return None
                tracks, derived = derive_tracks(masks), True
            check_tracks(video.name, tracks, lengths[video.name])
            videos[video.name] = tracks
        return videos, derived

    def _published_tracks(
        self, video: Video, labels: NDArray[np.uint8] | None
    ) -> list[Track] | None:
        """The data set's own tracks, which normal videos need no file for."""
        tracks = self._dataset.tracks(video)
        normal = labels is not None and not labels.any()
        return [] if tracks is None and normal else tracks


class SealedAnnotations:
    """What is known of the test videos, sealed unless something is scored.

    So nothing can be trained or chosen by it unseen.

    Args:
        annotations: Where it is read.
        lengths: Frames of each test video, as they were decoded.
    """

    def __init__(self, annotations: Annotations, lengths: Callable[[], Mapping[str, int]]) -> None:
        self._annotations, self._lengths, self._sealed = annotations, lengths, True

    @contextmanager
    def scoring(self) -> Iterator[None]:
        """Open the labels while the block runs; asking for them at other times is a mistake."""
        self._sealed = False
        try:
            yield
        finally:
            self._sealed = True

    def present(self) -> bool:
        """Whether any test video has labels; they are not checked yet."""
        return self._annotations.present("test")

    def check(self) -> bool:
        """Whether the test videos have labels, which are checked with the tracks.

        Raises:
            DataError: A video has more or fewer labels than frames, some test videos have labels
                and others none, or a track reaches beyond its video.
        """
        labelled = bool(self._read())
        if labelled:
            self._annotations.tracks("test", self._lengths())
        return labelled

    def labels(self) -> dict[str, NDArray[np.uint8]]:
        """Each labelled test video's (frames,) labels, 1 where anomalous; only while `scoring`.

        Raises:
            DataError: As `check` says.
            RuntimeError: Nothing is scored at present.
        """
        self._refuse_sealed()
        return self._read()

    def tracks(self) -> Tracks | None:
        """Each test video's anomalies and whether they were derived; None where not known.

        Raises:
            RuntimeError: Nothing is scored at present.
        """
        self._refuse_sealed()
        return self._annotations.tracks("test", self._lengths())

    def _read(self) -> dict[str, NDArray[np.uint8]]:
        videos = self._annotations.labels("test", self._lengths())
        labels = {name: array for name, array in videos.items() if array is not None}
        if bare := [name for name in videos if labels and name not in labels]:
            # An evaluation on some of the test videos would compare with no other.
            raise DataError(
                f"{len(bare)} of {len(videos)} test videos have no labels: {', '.join(bare[:5])}.",
                "Label all of them, or none to score without evaluation.",
            )
        return labels

    def _refuse_sealed(self) -> None:
        if self._sealed:
            raise RuntimeError("What is known about test videos is read while scoring, only then.")

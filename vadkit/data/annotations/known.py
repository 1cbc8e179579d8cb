"""What is known of a data set's videos: labels and tracks, read once and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadkit.data.annotations.frame_labels import check_length
from vadkit.data.annotations.mask_tracks import derive_tracks
from vadkit.data.annotations.pixel_masks import fitting_masks
from vadkit.data.annotations.tracks import check_tracks
from vadkit.data.dataset import Dataset, Extent, Split, Track, Video
from vadkit.errors import DataError

Labels = dict[str, NDArray[np.uint8] | None]
"""Video -> its labels (frames,), 1 where anomalous, or None where nothing is known."""
Tracks = tuple[dict[str, list[Track]], bool]
"""Video -> its anomalies, and whether any were derived from masks."""


class LabelReader:
    """Reads the labels of a data set's videos once."""

    def __init__(self, dataset: Dataset[Any]) -> None:
        self.dataset = dataset
        self._labels: dict[Split, Labels] = {}

    def read(self, split: Split) -> Labels:
        """Each video's labels, not checked yet."""
        if split not in self._labels:  # masks take long to read
            videos = self.dataset.videos(split)
            self._labels[split] = {video.name: self.dataset.labels(video) for video in videos}
        return self._labels[split]

    def labels(self, split: Split, lengths: Mapping[str, int]) -> Labels:
        """Each video's labels; DataError where there are more or fewer than frames."""
        videos = self.read(split)
        for name, labels in videos.items():
            if labels is not None:
                check_length(name, lengths[name], len(labels))
        return videos


class SealedAnnotations:
    """What is known of the test videos, sealed unless something is scored.

    So nothing can be trained or chosen by it unseen.

    Args:
        reader: Of the labels.
        extents: Gives how long and how large each is.
    """

    def __init__(self, reader: LabelReader, extents: Callable[[], Mapping[str, Extent]]) -> None:
        self._reader, self._extents, self._sealed = reader, extents, True

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
        return any(labels is not None for labels in self._reader.read("test").values())

    def check(self) -> bool:
        """Whether the test videos have labels, which are checked with the tracks.

        Raises:
            DataError: A video has more or fewer labels than frames, some test videos have labels
                and others none, or a track does not fit its video.
        """
        labels = self._test_labels()
        if labels:
            _ = self._tracks
        return bool(labels)

    def labels(self) -> dict[str, NDArray[np.uint8]]:
        """Each labelled test video's (frames,) labels, 1 where anomalous; only while `scoring`.

        Raises:
            DataError: As `check` says.
            RuntimeError: Nothing is scored at present.
        """
        self._refuse_sealed()
        return self._test_labels()

    def tracks(self) -> Tracks | None:
        """Each test video's anomalies and whether they were derived; only while `scoring`.

        None where they are not known of a video in which there is one.
        """
        self._refuse_sealed()
        return self._tracks

    def _test_labels(self) -> dict[str, NDArray[np.uint8]]:
        videos = self._reader.labels("test", self._lengths())
        labels = {name: array for name, array in videos.items() if array is not None}
        if bare := [name for name in videos if labels and name not in labels]:
            # An evaluation on some of the test videos would compare with no other.
            raise DataError(
                f"{len(bare)} of {len(videos)} test videos have no labels: {', '.join(bare[:5])}.",
                "Label all of them, or none to score without evaluation.",
            )
        return labels

    @cached_property
    def _tracks(self) -> Tracks | None:
        dataset, extents, derived = self._reader.dataset, self._extents(), False
        labels = self._reader.labels("test", self._lengths())
        videos: dict[str, list[Track]] = {}
        for video in dataset.videos("test"):
            name, extent = video.name, extents[video.name]
            tracks, of_masks = known_tracks(dataset, video, labels[name], extent.size)
            if tracks is None:
                return None
            check_tracks(name, tracks, *extent)
            videos[name], derived = tracks, derived or of_masks
        return videos, derived

    def _lengths(self) -> dict[str, int]:
        return {video: extent.frames for video, extent in self._extents().items()}

    def _refuse_sealed(self) -> None:
        if self._sealed:
            raise RuntimeError("What is known about test videos is read while scoring, only then.")


def known_tracks(
    dataset: Dataset[Any],
    video: Video,
    labels: NDArray[np.uint8] | None = None,
    size: tuple[int, int] | None = None,
) -> tuple[list[Track] | None, bool]:
    """A video's anomalies, None where they are not known, and whether they are derived from masks.

    Where its labels say that a video is normal, it needs neither tracks nor masks. Masks are held
    against its height and width, where they are given.
    """
    tracks = dataset.tracks(video)
    if tracks is None and labels is not None and not labels.any():
        tracks = []
    masks = dataset.masks(video) if tracks is None else None
    if masks is not None and size:
        masks = fitting_masks(video.name, masks, size)
    return (tracks, False) if masks is None else (derive_tracks(masks), True)

"""The data set `lobby`: our own recordings, with labels, masks and tracks in our own files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.api import (
    BoxRules,
    DatasetCard,
    ExpectedFiles,
    FileDataset,
    NoOptions,
    Split,
    Track,
    TrackedBox,
    Video,
    build_tracks,
    count_frames,
    hookimpl,
    list_videos,
    range_labels,
    read_csv,
    read_masks,
)

FOLDERS: dict[Split, str] = {"train": "quiet", "test": "watched"}
LOBBY = DatasetCard(
    name="lobby",
    summary="Our lobby: people pass; trolleys are anomalous.",
    load="lobby:Lobby",
    layout="""\
ROOT/quiet/NAME.mkv ...        training videos
ROOT/watched/NAME.mkv ...      test videos
ROOT/events.csv                clip,first,last: anomalous frames, from 1, both included
ROOT/masks/NAME/1.png ...      optional: one mask a frame, not 0 = anomalous
ROOT/boxes/NAME.csv            optional: object,frame,x1,y1,x2,y2; frames from 0""",
    terms="ours",
    rules=BoxRules(confidence=0.5, min_side=8),
)


class Lobby(FileDataset[NoOptions]):
    """Two folders of videos; every test video has labels, some have masks or boxes."""

    card = LOBBY
    expected = ExpectedFiles(size=(64, 48), unmasked=1)

    def holds(self, base: Path) -> bool:
        return all((base / folder).is_dir() for folder in FOLDERS.values())

    def videos(self, split: Split) -> list[Video]:
        return list_videos(self.base / FOLDERS[split], split)

    def labels(self, video: Video) -> NDArray[np.uint8] | None:
        if video.split == "train":
            return None  # normal throughout
        path = self.base / "events.csv"
        rows = read_csv(path, ("clip", "first", "last"), header="none")
        spans = [
            (row.whole("first", low=1), row.whole("last", low=1))
            for row in rows
            if row.cells["clip"] == video.name
        ]
        return range_labels(f"{path}, {video.name}", spans, count_frames(video.path))

    def masks(self, video: Video) -> Iterator[NDArray[np.bool_]] | None:
        folder = self.base / "masks" / video.name
        return read_masks(folder) if folder.is_dir() else None

    def tracks(self, video: Video) -> list[Track] | None:
        path = self.base / "boxes" / f"{video.name}.csv"
        if not path.is_file():
            return None
        rows = read_csv(path, ("object", "frame", "x1", "y1", "x2", "y2"), header="none")
        return build_tracks(
            TrackedBox(row.cells["object"], row.whole("frame"), row.box()) for row in rows
        )

    def label_files(self) -> list[Path]:
        return [self.base / name for name in ("events.csv", "masks", "boxes")]


@hookimpl
def vadkit_datasets() -> list[DatasetCard]:
    return [LOBBY]

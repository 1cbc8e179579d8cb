"""The data set `lobby`: our own recordings, with labels, masks and tracks in our own files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.api import (
    BoxRules,
    DataError,
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
    csv_rows,
    hookimpl,
    list_videos,
    parse_number,
    range_labels,
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
        rows = [(f"{path}, row {row}", cells) for row, cells in csv_rows(path)]
        ranges = [_whole(place, cells[1:], 2) for place, cells in rows if cells[0] == video.name]
        spans = [(first, last) for first, last in ranges]
        return range_labels(f"{path}, {video.name}", spans, count_frames(video.path))

    def masks(self, video: Video) -> Iterator[NDArray[np.bool_]] | None:
        folder = self.base / "masks" / video.name
        return read_masks(folder) if folder.is_dir() else None

    def tracks(self, video: Video) -> list[Track] | None:
        path = self.base / "boxes" / f"{video.name}.csv"
        if not path.is_file():
            return None
        rows = (_whole(f"{path}, row {row}", cells, 6) for row, cells in csv_rows(path))
        return build_tracks(TrackedBox(track, frame, box) for track, frame, *box in rows)

    def label_files(self) -> list[Path]:
        return [self.base / name for name in ("events.csv", "masks", "boxes")]


def _whole(place: str, cells: list[str], count: int) -> list[int]:
    values = [parse_number(cell) for cell in cells]
    if len(values) != count or not all(value.is_integer() for value in values):
        raise DataError(f"{place}: expected {count} whole numbers, got {', '.join(cells)}.")
    return [int(value) for value in values]


@hookimpl
def vadkit_datasets() -> list[DatasetCard]:
    return [LOBBY]

"""Labels that lie elsewhere, in any form that is read, for the test videos of a folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from vadkit.data.annotations.frame_labels import Labels, check_length, mask_labels, read_labels
from vadkit.data.annotations.joined_labels import read_joined_labels
from vadkit.data.annotations.pixel_masks import read_masks
from vadkit.data.dataset import Video
from vadkit.data.video.open_video import clip_name, count_frames, entries
from vadkit.errors import DataError


def imported_labels(source: Path, videos: Sequence[Video], names: str) -> dict[str, Labels]:
    """Each video's labels.

    Args:
        source: A file of all videos in their order, or a folder with a file or a folder of masks
            for each.
        videos: Whose labels they are.
        names: How those of a video are called there, without ending; `{name}` stands for its name,
            `{number}` for the last number in it without leading zeros.

    Raises:
        DataError: Those of a video are missing, there twice, of another length or not readable.
    """
    lengths = {video.name: count_frames(video.path) for video in videos}
    if not source.is_dir():
        return read_joined_labels(source, lengths)
    places = {video: _place(source, video, names) for video in lengths}
    if surplus := [path.name for path in entries(source) if path not in places.values()]:
        raise DataError(
            f"{source} also holds {surplus[0]}, which is of no test video.",
            "Move it away, or put its video into test/.",
        )
    found = {video: _read(place) for video, place in places.items()}
    for video, labels in found.items():
        check_length(video, lengths[video], len(labels))
    return found


def _place(source: Path, video: str, names: str) -> Path:
    number = (re.findall("[0-9]+", video) or ["0"])[-1]
    wanted = names.replace("{name}", video).replace("{number}", str(int(number)))
    paths = [path for path in entries(source) if clip_name(path) == wanted]
    if len(paths) != 1:
        there = ", ".join(path.name for path in entries(source)[:3]) or "nothing"
        raise DataError(
            f"{source} holds {len(paths)} entries named {wanted!r}, for {video}.",
            f"It holds {there} ...; say by --names how they are called: '{{name}}', '{{number}}'.",
        )
    return paths[0]


def _read(path: Path) -> Labels:
    return mask_labels(read_masks(path)) if path.is_dir() else read_labels(path)

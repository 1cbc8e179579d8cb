"""When a video was recorded, where its path says so."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from vadkit.data.video.frame_names import time_stamp

_TREE = re.compile(r"/(\d{4})-(\d\d)-(\d\d)/(\d\d)/(?:[^/]+/)?(\d\d)\.(\d\d)\.\w+$")
"""A recorder's tree: day, hour, perhaps the camera, and minute and second as the file's name."""


def recorded_at(path: Path) -> datetime | None:
    """When a video begins by the camera's clock, from its name or the folders of its recorder.

    >>> recorded_at(Path("cam/2026-11-24/10/garage/00.28.mp4"))
    datetime.datetime(2026, 11, 24, 10, 0, 28)
    >>> recorded_at(Path("garage_20261124_100028.mp4"))
    datetime.datetime(2026, 11, 24, 10, 0, 28)
    >>> recorded_at(Path("garage.mp4"))
    """
    if match := _TREE.search(f"/{path.as_posix()}"):
        try:
            return datetime(*map(int, match.groups()))  # type: ignore[arg-type]
        except ValueError:
            return None
    return time_stamp(path.stem)

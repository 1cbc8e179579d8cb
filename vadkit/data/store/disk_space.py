"""Room on the disk of a cache: told in one sentence where there is none left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vadkit.errors import ResourceError
from vadkit.runs.atomic import DISK_FULL


@contextmanager
def enough_room(folder: Path) -> Iterator[None]:
    """Say in one sentence that the disk of a folder is full.

    Raises:
        ResourceError: It is, or a quota or file limit was reached.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise ResourceError(
            f"The disk of {folder} is full.",
            "Free some space there, or set VADKIT_HOME to a folder on another disk.",
        ) from error

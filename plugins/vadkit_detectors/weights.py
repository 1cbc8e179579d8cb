"""Files of trained weights on disk; what is missing is explained, and never fetched."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vadkit.api import DataError


def unusable(path: Path, detector: str, fault: str, content: str) -> DataError:
    """Say what is wrong with the weights, what they hold, and where to put it."""
    return DataError(
        f"The weights {path.expanduser().absolute()} of the detector {detector!r} {fault}.",
        f"Wanted is {content}. Put it there, or name its place in the recipe: "
        f'[objects] detectors = [{{ name = "{detector}", weights = "..." }}]. '
        "Without weights: motion, flow.",
    )


def existing_file(path: Path, detector: str, content: str) -> Path:
    """The file's place.

    Raises:
        DataError: Nothing is there. It is said before anything heavy is imported.
    """
    place = path.expanduser().absolute()
    if not place.is_file():
        raise unusable(path, detector, "are missing", content)
    return place


def fingerprint(path: Path) -> str:
    """A hash of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

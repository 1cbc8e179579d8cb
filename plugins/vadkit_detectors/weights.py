"""Files of trained weights: found on disk or explained, and never fetched."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vadkit.api import DataError


def unusable(path: Path, detector: str, fault: str, wanted: str) -> DataError:
    """Say what is wrong with the weights, what is wanted, and where to put it."""
    return DataError(
        f"The weights {path.expanduser().absolute()} of the detector {detector!r} {fault}.",
        f"Wanted is {wanted}. Put it there, or name its place in the recipe: "
        f'[objects] detectors = [{{ name = "{detector}", weights = "..." }}]. '
        "Without weights: motion, flow.",
    )


def found(path: Path, detector: str, wanted: str) -> Path:
    """The file's place.

    Raises:
        DataError: Nothing is there. It is said before anything heavy is imported.
    """
    place = path.expanduser().absolute()
    if not place.is_file():
        raise unusable(path, detector, "are missing", wanted)
    return place


def fingerprint(path: Path) -> str:
    """A hash of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

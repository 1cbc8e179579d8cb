"""Files of trained weights on disk; what is missing is explained, and never fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from vadkit.api import DataError, cache_home


def unusable(path: Path, detector: str, fault: str, content: str) -> DataError:
    """Say what is wrong with the weights, what they hold, and where to put it."""
    return DataError(
        f"The weights {path.expanduser().absolute()} of the detector {detector!r} {fault}.",
        f"Wanted is {content}. Put it there, or name its place in the recipe: "
        f'[objects] detectors = [{{ name = "{detector}", weights = "..." }}]. '
        "Without weights: motion, flow.",
    )


def usual_places(name: str) -> list[Path]:
    """Where a file of weights is looked for that nobody gives a place, the likeliest first."""
    return [Path(name).absolute(), (cache_home() / "weights" / name).absolute()]


def existing_file(path: Path, detector: str, content: str, sha256: str = "") -> Path:
    """The file's place; one whose hash is known may have moved to a usual place.

    Raises:
        DataError: Nothing is there, or another file. It is said before anything heavy is imported.
    """
    place = path.expanduser().absolute()
    return file_in(place, sha256, lambda file, fault: unusable(file, detector, fault, content))


def file_in(place: Path, sha256: str, unusable: Callable[[Path, str], DataError]) -> Path:
    """The file at a place; one whose hash is known may have moved to a usual place.

    Raises:
        DataError: Nothing is there, or another file, as `unusable` says it.
    """
    files = [file for file in (place, *usual_places(place.name)) if file.is_file()]
    if not sha256 and place in files:
        return place
    digests = {file: fingerprint(file) for file in files} if sha256 else {}
    for file, digest in digests.items():
        if digest == sha256:
            return file
    for file, digest in digests.items():
        fault = f"are another file: their SHA-256 is {digest[:12]}..., not {sha256[:12]}..."
        raise unusable(file, fault)
    raise unusable(place, "are missing")


def fingerprint(path: Path) -> str:
    """A hash of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Names of frames: which images of a folder are its frames, in which order and at which times.

Frames are the images whose names have the pattern of most: the same text around their numbers and
the same ending. A frame's number is the first that grows from each name to the next; where none
does, the last one is, and those before it are text. Numbers go up in steps of one length. A date
and a time of day in every name say when a frame was taken; three digits more are milliseconds, six
are microseconds, and one or two count the frames of one second.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from vadkit.data.video.frame import IMAGES, natural_key
from vadkit.errors import DataError

_STAMP = re.compile(
    r"(?:.*\D)?((?:19|20)\d\d)\D?(\d\d)\D?(\d\d)\D{0,4}(\d\d)\D?(\d\d)\D?(\d\d)"
    r"(?:\D?(\d{3}|\d{6}))?(?:\D\d\d?)?\D*"
)
"""Year, month, day, hour, minute, second, and a fraction of it."""


@dataclass(frozen=True)
class FrameNames:
    """What the names in a folder say."""

    files: list[Path]
    """The frames, in order."""
    times: list[float] | None
    """Seconds from the first frame, where the names say when each was taken."""
    others: list[Path]
    """Images of other patterns."""


def read_names(folder: Path, unrelated: bool = False) -> FrameNames:
    """Tell a folder's frames by their names; all images are frames where these are unrelated.

    Raises:
        DataError: There is no image, no pattern is that of most, or a number is missing or given
            twice.
    """
    images = [path for path in folder.iterdir() if path.suffix.lower() in IMAGES]
    images = [path for path in images if not path.name.startswith(".") and path.is_file()]
    if not images:
        raise DataError(f"{folder} holds no images ({' '.join(IMAGES)}).")
    images.sort(key=lambda path: natural_key(path.name.lower()))
    if unrelated:
        return FrameNames(images, None, [])
    files = _most(folder, images, images, lambda name: re.sub("[0-9]+", "0", name))
    times = _times(files)
    if times is None and len(files) > 1:
        if _counter(files) is None:
            files = _most(folder, files, images, lambda n: re.sub(r"[0-9]+(?=\D*$)", "0", n))
        _check_steps(folder, files)
    frames = {*files}
    return FrameNames(files, times, [path for path in images if path not in frames])


def _most(
    folder: Path, files: Sequence[Path], images: Sequence[Path], pattern: Callable[[str], str]
) -> list[Path]:
    """The files of the commonest pattern, which is that of more than half of the images."""
    patterns = Counter(pattern(path.name.lower()) for path in files)
    (most, count), *_ = patterns.most_common(1)
    of_it = [path for path in files if pattern(path.name.lower()) == most]
    if 2 * count > len(images):
        return of_it
    other = next(path for path in images if path not in of_it)
    raise DataError(
        f"{folder} holds images of several patterns, like {of_it[0].name} and {other.name}.",
        "Leave the frames of one video in it, all named alike and numbered.",
    )


def _times(files: Sequence[Path]) -> list[float] | None:
    stamps = [stamp for path in files if (stamp := time_stamp(path.stem))]
    if len(stamps) != len(files):
        return None
    counts, before, times = Counter(stamps), Counter[datetime](), []
    for stamp in stamps:
        times.append((stamp - stamps[0]).total_seconds() + before[stamp] / counts[stamp])
        before[stamp] += 1
    return times if all(time < after for time, after in pairwise(times)) else None


def time_stamp(stem: str) -> datetime | None:
    """The date and time of day in a name; None where it has none."""
    match = _STAMP.fullmatch(stem)
    if match is None:
        return None
    try:
        second = datetime.strptime("".join(match.groups()[:6]), "%Y%m%d%H%M%S")
    except ValueError:
        return None
    return second + timedelta(microseconds=int((match[7] or "").ljust(6, "0")))


def _counter(files: Sequence[Path]) -> list[int] | None:
    """The frames' numbers: the first in the names that grows from each to the next."""
    columns = zip(*(map(int, re.findall("[0-9]+", path.stem)) for path in files), strict=True)
    return next((list(c) for c in columns if all(n < after for n, after in pairwise(c))), None)


def _check_steps(folder: Path, files: Sequence[Path]) -> None:
    """Refuse a number that is given twice, or left out."""
    numbers = _counter(files) or [int(re.findall("[0-9]+", f"0{path.stem}")[-1]) for path in files]
    steps = [after - number for number, after in pairwise(numbers)]
    least = min(steps)
    for number, step in zip(numbers, steps, strict=False):
        if step == least == 0:
            raise DataError(f"{folder} holds frame {number} twice.", "Keep one file a frame.")
        if least and (lost := round(step / least) - 1):
            raise DataError(
                f"{folder} has no frame {number + least}: {lost} missing before {number + step}.",
                "Restore the frames, or number the others without a gap.",
            )

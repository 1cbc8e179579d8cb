"""Anybody's scores, labels, detections and tracks: one file a video, named as the video is."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vadkit.data.dataset import Track
from vadkit.errors import DataError, NumericError
from vadkit.metrics.region_metrics import Detections
from vadkit.report.score_tables import COLUMNS, read_scores

Floats = NDArray[np.float64]

ENDINGS = (".npy", ".csv", ".txt")
DETECTION = ("frame", "x1", "y1", "x2", "y2", "score")
TRACK = ("track", "frame", "x1", "y1", "x2", "y2")
"""The published evaluator's columns; vadkit's own files have `kind` after `track`."""
FINITE = "Nothing is computed over numbers that are not finite: find out where it comes from."


def files(folder: Path) -> dict[str, Path]:
    """Video -> its file, in order of name.

    Raises:
        DataError: There is none, or two are of one video.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder.", "Give the folder with one file a video.")
    found: dict[str, Path] = {}
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS):
        if path.stem in found:
            raise DataError(f"{path} and {found[path.stem]} are both of the video {path.stem!r}.")
        found[path.stem] = path
    if not found:
        raise DataError(f"{folder} holds no {', '.join(ENDINGS)} file.")
    return found


def read_frame_scores(path: Path, raw: bool = False) -> Floats:
    """(frames,) from a .npy file, from vadkit's own table, or from a column of numbers.

    Args:
        path: The file.
        raw: Of vadkit's own table, take the scores before smoothing.

    Raises:
        DataError: It cannot be read, or holds something else; the message names file and line.
        NumericError: A score is not finite.
    """
    if path.suffix.lower() == ".npy":
        return _array(path)
    with path.open(encoding="utf-8-sig") as lines:
        own = lines.readline().startswith(",".join(COLUMNS))
    if not own:
        return _rows(path, ("score",))[:, 0]
    scores = read_scores(path).scores
    return scores.raw if raw else scores.smooth


def read_detections(path: Path) -> Detections:
    """Rows `frame,x1,y1,x2,y2,score`, frames from 0.

    Raises:
        DataError: A row is not that; the message names file and line.
        NumericError: A number is not finite.
    """
    rows = _rows(path, DETECTION)
    return Detections(_whole(path, rows[:, 0]), _corners(path, rows[:, 1:5]), rows[:, 5])


def read_tracks(path: Path) -> list[Track]:
    """Rows `track,frame,x1,y1,x2,y2`, frames from 0; vadkit's own have `kind` after `track`.

    Raises:
        DataError: A row is not that, or a track is twice in a frame; the message names the file.
        NumericError: A number is not finite.
    """
    rows = _rows(path, TRACK, left_out=1)
    by_track: defaultdict[float, list[Floats]] = defaultdict(list)
    for row in rows:
        by_track[row[0]].append(row[1:])
    return [_track(path, np.array(own)) for own in by_track.values()]


def _track(path: Path, rows: Floats) -> Track:
    frames, counts = np.unique(_whole(path, rows[:, 0]), return_counts=True)
    if (counts > 1).any():
        raise DataError(f"{path}: a track has two boxes in frame {frames[np.argmax(counts)]}.")
    # As exact as in the file: an overlap just at the threshold is decided by the last digit.
    boxes = _corners(path, rows[:, 1:])
    return Track("anomaly", rows[:, 0].astype(np.int64), boxes)


def _corners(path: Path, boxes: Floats) -> Floats:
    """The boxes (n, 4), none of which ends before it begins, as one of place and size would."""
    wrong = (boxes[:, 2:] < boxes[:, :2]).any(axis=1)
    if wrong.any():
        box = ",".join(f"{side:g}" for side in boxes[np.argmax(wrong)])
        raise DataError(
            f"{path}: the box {box} ends before it begins.",
            "A box is x1,y1,x2,y2: two corners, not a corner and a size.",
        )
    return boxes


def _array(path: Path) -> Floats:
    try:
        loaded = np.load(path, allow_pickle=False)
        values = np.asarray(loaded, np.float64).reshape(max(loaded.shape, default=1))
    except (ValueError, OSError, EOFError) as error:
        raise DataError(f"{path} holds no row of numbers: {error}.") from error
    if not np.isfinite(values).all():
        frame = int(np.argmin(np.isfinite(values)))
        raise NumericError(f"{path}: the score of frame {frame} is {values[frame]}.", FINITE)
    return values


def _rows(path: Path, columns: tuple[str, ...], left_out: int | None = None) -> Floats:
    """(n, columns) of a file with commas or blanks, and a header or none.

    Args:
        path: The file.
        columns: What each row holds.
        left_out: A column that a row may have besides, and that is not read.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        cells = [cell for cell in re.split(r"[,;\s]+", line.strip()) if cell]
        if not cells or (number == 1 and _is_header(cells)):
            continue
        if left_out is not None and len(cells) == len(columns) + 1:
            del cells[left_out]
        rows.append(_numbers(path, number, cells, columns))
    return np.array(rows, np.float64).reshape(-1, len(columns))


def _is_header(cells: list[str]) -> bool:
    return not any(re.match(r"[-+]?\.?\d|[-+]?(nan|inf)", cell.lower()) for cell in cells[-1:])


def _numbers(path: Path, line: int, cells: list[str], columns: tuple[str, ...]) -> list[float]:
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError as error:
        raise DataError(f"{path}, line {line}: {error}.") from None
    if len(numbers) != len(columns):
        expected = ",".join(columns)
        raise DataError(f"{path}, line {line}: {len(cells)} cells, expected {expected}.")
    if not np.isfinite(numbers).all():
        raise NumericError(f"{path}, line {line}: {' '.join(cells)} is not finite.", FINITE)
    return numbers


def _whole(path: Path, frames: Floats) -> NDArray[np.int64]:
    if (frames < 0).any() or (frames % 1).any():
        raise DataError(f"{path}: a frame is not a whole number from 0.")
    return frames.astype(np.int64)

"""Pictures of where a run fails: its worst misses and false alarms, each with a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jinja2 import Template
from numpy.typing import NDArray

from vadkit.data.annotations.known import known_tracks
from vadkit.data.dataset import Dataset
from vadkit.data.video.open_video import open_video
from vadkit.errors import DataError
from vadkit.metrics.alarms import threshold_of_recall
from vadkit.metrics.failures import Failure, worst_false_alarms, worst_misses
from vadkit.metrics.frame_metrics import scored_frames
from vadkit.report.comparison import FinishedRun
from vadkit.report.reason_files import read_reasons
from vadkit.report.score_files import read_scores
from vadkit.runs.atomic import write_bytes, write_text
from vadkit.runs.names import safe_names
from vadkit.scoring.reasons import Reason

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]
PAGE = "index.html"
LARGE = 1000
"""Values of which all digits before the point are shown."""
_VERDICTS = {"miss": ("missed", "found"), "false-alarm": ("no alarm", "a false alarm")}
"""Of what lies under the threshold, and of what reaches it."""
_RECALL = 90
"""Of 100 events, how many are found at the threshold that pictures are held against."""
_LOUDEST, _TRUTH = (220, 40, 40), (30, 160, 60)
"""Colours of boxes, RGB."""
_WIDTH = 480
"""Pixels that a picture has at least, so that lines around a small object hide nothing of it."""
_TEMPLATE = Path(__file__).parents[1] / "templates" / "gallery.html.jinja"


@dataclass(frozen=True)
class Picture:
    """A frame, and what is said of it."""

    file: str
    video: str
    frame: int
    sentence: str
    reason: Reason | None


def write_gallery(run: FinishedRun, dataset: Dataset[Any], out: Path, count: int = 10) -> Path:
    """Write pictures and the page that shows them.

    Args:
        run: With labels.
        dataset: The run's target.
        out: The folder.
        count: Misses, and false alarms, at most.

    Returns:
        The page.

    Raises:
        DataError: There is no event, or a video is not there any more.
        ResourceError: The disk is full.
    """
    frames = scored_frames(*run.counted(), run.times())
    threshold = threshold_of_recall(frames, _RECALL)
    if threshold is None:
        raise DataError(f"No frame of {run.name} is labelled as anomalous.", "It misses nothing.")
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file.", "Name a folder, or one that is to be made.")
    events = worst_misses(frames)
    worst = {"miss": events[:count], "false-alarm": worst_false_alarms(frames, count)}
    pictures = {
        kind: [_picture(run, kind, n, of, threshold) for n, of in enumerate(failures, start=1)]
        for kind, failures in worst.items()
    }
    shown = [picture for of in pictures.values() for picture in of]
    _draw_all(dataset, shown, out)
    of_before = {path for kind in worst for path in out.glob(f"{kind}-[0-9]*.png")}
    for path in of_before - {out / picture.file for picture in shown}:
        path.unlink()
    page = Template(_TEMPLATE.read_text("utf-8"), autoescape=True, trim_blocks=True).render(
        name=run.name,
        found=[event.score >= threshold for event in events],
        threshold=f"{threshold:.3g}",
        recall=_RECALL,
        pictures=pictures,
    )
    write_text(out / PAGE, page)
    return out / PAGE


def _picture(
    run: FinishedRun, kind: str, number: int, failure: Failure, threshold: float
) -> Picture:
    """What is said of a failure, by the run's own tables."""
    borders = run.metrics.protocol.borders
    left_out = borders.first if borders.rule == "drop" else 0
    first, last, frame = (left_out + n for n in (failure.first, failure.end - 1, failure.frame))
    table = f"{failure.video}.csv"
    time_s, path = read_scores(run.folder.scores / table).times[frame], run.folder.reasons / table
    reason = read_reasons(path)[frame] if path.is_file() else None
    when = "" if np.isnan(time_s) else f" ({time_s:.2f} s)"
    sentence = (
        f"{failure.video}, frames {first} to {last}: {_VERDICTS[kind][failure.score >= threshold]} "
        f"at the threshold. The highest score is {failure.score:.3g}, in frame {frame}{when}"
        f"{_because(reason) if path.is_file() else ''}."
    )
    return Picture(f"{kind}-{number:02}.png", failure.video, frame, sentence, reason)


def _because(reason: Reason | None) -> str:
    if reason is None:
        return ", where no object was found"
    p = "" if reason.p is None else f" (p {reason.p:.2g})"
    value = f"{reason.value:.0f}" if abs(reason.value) >= LARGE else f"{reason.value:.3g}"
    return f"; loudest there is '{reason.question}', by {reason.attribute} {value}{p}"


def _draw_all(dataset: Dataset[Any], pictures: Sequence[Picture], out: Path) -> None:
    """Draw the pictures, video after video."""
    test_videos = dataset.videos("test")
    names = safe_names(video.name for video in test_videos)
    videos = {names[video.name]: video for video in test_videos}
    for name in dict.fromkeys(picture.video for picture in pictures):
        if name not in videos:
            raise DataError(
                f"The data set has no test video {name!r} any more.",
                "Put the run's videos back where they were.",
            )
        tracks = known_tracks(dataset, videos[name])[0] or []
        frames = {picture.frame: picture for picture in pictures if picture.video == name}
        for frame in open_video(videos[name].path).frames():
            if picture := frames.pop(frame.index, None):
                truth = [of.boxes[of.frames == frame.index].tolist() for of in tracks]
                found = [picture.reason.box] if picture.reason else []
                image = _boxed(frame.image, {_TRUTH: [*chain(*truth)], _LOUDEST: found})
                write_bytes(out / picture.file, cv2.imencode(".png", image[..., ::-1])[1].tobytes())
            if not frames:
                break


def _boxed(image: Image, boxes: Mapping[Colour, Iterable[Sequence[float]]]) -> Image:
    """The image in colour, enlarged, with boxes around what is in it."""
    factor = max(1, -(-_WIDTH // image.shape[1]))
    large = np.ascontiguousarray(np.broadcast_to(image, (*image.shape[:2], 3)))
    large = large.repeat(factor, axis=0).repeat(factor, axis=1)
    for colour, of in boxes.items():
        for box in of:
            x1, y1, x2, y2 = (round(factor * side) for side in box)
            cv2.rectangle(large, (x1, y1), (x2 - 1, y2 - 1), colour, 2)
    return large

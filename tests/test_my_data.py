"""Every form that docs/my-data.md shows is read as it says.

A block `csv PATH` or `json PATH` is the content of a file; `python labels` or `python scores`
writes one. All lie in a folder with the video `tue`, of whose three frames two are anomalous.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.io
from test_documented import DOCS, FENCE
from trees import labels, video
from vadkit_datasets.cards import FolderConfig
from vadkit_datasets.folder import Folder
from vadkit_detectors import FileConfig
from vadkit_detectors.file import File

from vadkit.data.annotations.numbers import FORMS
from vadkit.data.annotations.tracks import read_evaluator_tracks
from vadkit.data.dataset import Track, Video
from vadkit.data.detection import Seen
from vadkit.data.video.frame import IMAGES
from vadkit.data.video.open_video import VIDEO_SUFFIXES, open_video
from vadkit.report.score_files import read_detections, read_frame_scores

PAGE = DOCS / "my-data.md"
TEXT = PAGE.read_text("utf-8")
BLOCKS = [block for block in FENCE.findall(TEXT) if block[0] in {"csv", "json", "python"}]


@pytest.fixture
def garage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("train/mon", "test/tue"):
        video(tmp_path / f"{name}.avi", 3)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _labels(root: Path) -> None:
    assert labels(Folder(root, FolderConfig()), "tue") == [0, 1, 1]


def _scores(root: Path) -> None:
    (path,) = (root / "scores").iterdir()
    assert read_frame_scores(path).tolist() == [0.1, 0.9, 0.8]


def _tracks(root: Path) -> None:
    dataset = Folder(root, FolderConfig())
    assert dataset.verify() == []
    (track,) = dataset.tracks(dataset.videos("test")[0]) or []
    _check_track(track)


def _evaluator(root: Path) -> None:
    (track,) = read_evaluator_tracks(root / "evaluator/tue.txt")
    _check_track(track)


def _check_track(track: Track) -> None:
    assert track.frames.tolist() == [1, 2]
    assert track.boxes.tolist() == [[5, 4, 9, 9], [6, 4, 10, 9]]


def _boxes(root: Path) -> None:
    tue = Video("tue", root / "test/tue.avi", "test")
    frames = open_video(tue.path).frames()
    stream = (Seen(frame, np.empty((0, 5), np.float32)) for frame in frames)
    found = [
        of.boxes.tolist() for of in File(FileConfig(path=root / "boxes.csv")).detect(tue, stream)
    ]
    assert [len(of) for of in found] == [0, 1, 1]
    assert found[2][0] == pytest.approx([6, 4, 10, 9, 0.8])


def _detections(root: Path) -> None:
    found = read_detections(root / "detections/tue.csv")
    assert (found.frame.tolist(), found.score.tolist()) == ([1], [0.9])


CHECKS: dict[str, Callable[[Path], None]] = {
    "labels": _labels,
    "labels.csv": _labels,
    "scores": _scores,
    "tracks": _tracks,
    "evaluator": _evaluator,
    "boxes.csv": _boxes,
    "detections": _detections,
}


@pytest.mark.parametrize(("language", "tag", "text"), BLOCKS)
def test_the_form_is_read(garage: Path, language: str, tag: str, text: str) -> None:
    kind = tag.partition("/")[0]
    for folder in (kind, "masks/tue") if language == "python" else (str(Path(tag).parent),):
        (garage / folder).mkdir(parents=True, exist_ok=True)
    if language == "python":
        names: dict[str, Any] = {"np": np, "cv2": cv2, "scipy": scipy}
        exec(compile(text, str(PAGE), "exec"), names)  # noqa: S102 - the page's own code
        if not any((garage / "masks/tue").iterdir()):
            (garage / "masks/tue").rmdir()
            (garage / "masks").rmdir()
    else:
        (garage / tag).write_text(text, "utf-8")
    CHECKS[kind](garage)


def test_every_form_is_shown() -> None:
    shown = {tag.partition("/")[0] for _, tag, _ in BLOCKS}
    assert shown == CHECKS.keys()
    written = {Path(tag).suffix for _, tag, _ in BLOCKS if tag.startswith("labels/")}
    written |= set(re.findall(r'labels/tue(\.\w+)"', TEXT))
    assert written == {*FORMS}


def test_every_ending_is_named() -> None:
    for what, endings in (("a video file", VIDEO_SUFFIXES), ("a folder of frames", IMAGES)):
        row = next(line for line in TEXT.splitlines() if line.startswith(f"| {what}"))
        assert set(re.findall(r"(?<=[ ;])\.\w+", row)) == {*endings}

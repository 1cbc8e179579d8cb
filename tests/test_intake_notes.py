"""Nothing of an untidy tree passes in silence: a run and a score say each thing in a line."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from made_videos import write_video

from vadkit.cli import execute

SIZE = (96, 64)
RECIPE = """
seed = 0
threads = 1
[data]
target = { dataset = "plaza" }
[objects]
detectors = ["motion"]
size = 16
[backbone]
name = "unet"
width = 8
depth = 2
[optim]
batch = 8
[[phase]]
stage = "perception"
tasks = ["prediction"]
epochs = 1
steps = 2
[score]
use = ["prediction.error"]
"""


def walker(index: int, width: int, height: int) -> np.ndarray:
    """A bright box that walks over noise."""
    image = np.random.default_rng(index).integers(80, 100, (height, width, 3)).astype(np.uint8)
    left = 3 * index % (width - 12)
    image[height // 4 : height // 4 + 30, left : left + 12] = 240
    return image


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("untidy")
    for folder in ("train/thumbs", "test/Thumbs"):
        (root / folder).mkdir(parents=True)
        cv2.imwrite(str(root / folder / "mon_1.jpg"), walker(0, *SIZE))
    (root / "train/notes.odt").touch()
    (root / "train/.DS_Store").touch()
    for name in ("a", "b"):
        write_video(root / f"train/{name}.avi", 30, draw=lambda n, *s: walker(n + 100, *s))
    times = [100 * n + 3000 * (n >= 20) for n in range(40)]
    write_video(root / "test/gap.mkv", 40, times=times, draw=walker)
    write_video(root / "test/still.mkv", 90, "ffv1", draw=lambda n, *s: walker(min(n, 20), *s))
    (root / "test/zm").mkdir()
    for n in range(40):
        cv2.imwrite(str(root / f"test/zm/{n:05d}-capture.png"), walker(n, *SIZE))
    cv2.imwrite(str(root / "test/zm/alarm.png"), walker(0, *SIZE))
    (root / "tiny.toml").write_text(RECIPE)
    return root


@pytest.fixture(scope="module")
def run(tree: Path) -> Path:
    assert (
        execute(["run", str(tree / "tiny.toml"), f"--data=folder={tree}", f"--out={tree}/run"]) == 0
    )
    return tree / "run"


def test_a_run_says_each_thing(
    tree: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["run", str(tree / "tiny.toml"), f"--data=folder={tree}", f"--out={tmp_path}/run"]
    assert execute(words) == 0
    said = capsys.readouterr().err
    for sentence in (
        "train also holds notes.odt, thumbs, which is not read.",
        "test also holds Thumbs, which is not read.",
        "the 2 training videos have 30 frames, at the median",
        "gap (target test): the clock jumps by 3.1 s after frame 19",
        "still (target test): the picture stands still from 2.0 s to",
        "alarm.png left out: not named like 00000-capture.png",
    ):
        assert sentence in said
    assert ".DS_Store" not in said


def test_a_score_says_each_thing(
    tree: Path, run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_video(tmp_path / "slow.avi", 20, rate=2, draw=walker)
    sources = [str(tree / "test" / name) for name in ("gap.mkv", "zm")] + [f"{tmp_path}/slow.avi"]
    capsys.readouterr()
    assert execute(["score", *sources, f"--run={run}", f"--out={tmp_path}/scores"]) == 0
    said = capsys.readouterr().err
    for sentence in (
        "gap.mkv: the clock jumps by 3.1 s after frame 19",
        "zm: alarm.png left out: not named like 00000-capture.png",
        "zm: time_s is empty: nobody says how many frames a second it has (--fps)",
        "slow.avi: 2 frames a second, and 10 in training: what moves seems faster than it is",
    ):
        assert sentence in said
    assert execute(["score", sources[1], f"--run={run}", f"--out={tmp_path}/b", "--fps=10"]) == 0
    assert "time_s is empty" not in capsys.readouterr().err

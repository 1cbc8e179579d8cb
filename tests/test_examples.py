"""A stranger's plugin, installed by pip beside a broken one: listed, trained with and scored."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "examples" / "vadkit-flicker"
FRAMES = 40
BROKEN = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "vadkit-broken"
version = "0.1.0"
[project.entry-points.vadkit]
broken = "vadkit_broken"
[tool.setuptools]
py-modules = ["vadkit_broken"]
"""
TINY = [
    "--set=threads=1",
    "--set=objects.size=16",
    "--set=backbone.width=8",
    "--set=backbone.depth=2",
    "--set=optim.batch=8",
    *(f"--set=phase.{phase}.{key}" for phase in (0, 1) for key in ("epochs=1", "steps=2")),
]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip put the example and a distribution that raises on import."""
    sources, site = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("site")
    shutil.copytree(EXAMPLE, sources / "flicker")
    (sources / "broken").mkdir()
    (sources / "broken" / "pyproject.toml").write_text(BROKEN)
    (sources / "broken" / "vadkit_broken.py").write_text("raise RuntimeError('on purpose')\n")
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(site)]
    packages = [str(sources / name) for name in ("flicker", "broken")]
    _python("-m", "pip", "install", "--quiet", *offline, *packages)
    return site


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos of a square that crosses a noisy wall; in the test video the light fails."""
    root = tmp_path_factory.mktemp("camera")
    for seed, name in enumerate(("train/day-1", "train/day-2", "test/night")):
        (root / name).parent.mkdir(exist_ok=True)
        _write_video(root / f"{name}.mp4", seed, flickers=name.startswith("test"))
    (root / "labels").mkdir()
    np.save(root / "labels" / "night.npy", (np.arange(FRAMES) >= FRAMES // 2).astype("uint8"))
    return root


@pytest.fixture(scope="module")
def trained(installed: Path, camera: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of the example's recipe."""
    out = tmp_path_factory.mktemp("runs") / "run"
    home = tmp_path_factory.mktemp("home")
    words = ["run", str(EXAMPLE / "flicker.toml"), f"--data=folder={camera}", f"--out={out}"]
    _vadkit(installed, *words, *TINY, VADKIT_HOME=str(home))
    return out


def _write_video(path: Path, seed: int, flickers: bool) -> None:
    rng = np.random.default_rng(seed)
    wall = rng.integers(90, 130, (72, 96, 3))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25, options={"qscale:v": "2"})
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuv420p"
        for index in range(FRAMES):
            image = wall.copy()
            image[20:50, index : index + 20] = 220
            light = rng.uniform(0.7, 1.1) if flickers and index >= FRAMES // 2 else 1.0
            frame = av.VideoFrame.from_ndarray((image * light).clip(0, 255).astype("uint8"))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _python(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done


def _vadkit(site: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(site), *filter(None, sys.path)])
    code = "from vadkit.cli import main; main()"
    return _python("-c", code, *words, PYTHONPATH=path, **environment)


def test_example_is_listed(installed: Path) -> None:
    rows = json.loads(_vadkit(installed, "list-tasks", "--json").stdout)
    row = next(row for row in rows if row["name"] == "flicker")
    assert (row["distribution"], row["level"], row["state"]) == (
        "vadkit-flicker 0.1.0",
        "semantic",
        "ok",
    )


def test_broken_plugin_is_listed_with_its_reason(installed: Path) -> None:
    rows = json.loads(_vadkit(installed, "plugins", "--json").stdout)
    row = next(row for row in rows if row["distribution"] == "vadkit-broken")
    assert (row["state"], row["reason"]) == ("broken", "RuntimeError: on purpose")


def test_recipe_of_the_example_is_valid(installed: Path) -> None:
    done = _vadkit(installed, "recipe", "validate", str(EXAMPLE / "flicker.toml"))
    assert "prediction -> flicker" in done.stdout
    assert "broken (vadkit-broken)" in done.stderr


@pytest.mark.slow
def test_example_trains_and_is_evaluated(trained: Path) -> None:
    metrics = json.loads((trained / "metrics.json").read_text())
    assert metrics["scorer"]["use"] == ["flicker.flickering"]
    assert 0 <= metrics["auc"]["micro"] <= 1
    assert [phase["name"] for phase in metrics["phases"]] == ["prediction", "flicker"]
    assert _scores(trained / "scores" / "night.csv").size == FRAMES


@pytest.mark.slow
def test_example_scores_another_video(
    installed: Path, trained: Path, camera: Path, tmp_path: Path
) -> None:
    video = camera / "train" / "day-1.mp4"
    _vadkit(installed, "score", str(video), f"--run={trained}", f"--out={tmp_path}")
    scores = _scores(tmp_path / "day-1.csv")
    assert scores.size == FRAMES
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores.max() > 0  # objects were found
    assert (tmp_path / "day-1.png").stat().st_size > 0


def _scores(path: Path) -> np.ndarray:
    with path.open(newline="") as lines:
        return np.array([float(row["flicker.flickering"]) for row in csv.DictReader(lines)])


@pytest.mark.slow
def test_tests_of_the_example_pass(installed: Path, tmp_path: Path) -> None:
    path = os.pathsep.join([str(installed), *filter(None, sys.path)])
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests")
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}"]
    done = _python(*words, str(tmp_path / "tests"), PYTHONPATH=path)
    assert "passed" in done.stdout

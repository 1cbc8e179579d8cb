"""What was made under one Python is used under another: a run folder, a recipe, a plugin.

The other one is the first that has what vadkit needs, of `VADKIT_OTHER_PYTHON` and of python3.11,
python3.12, ... on the path.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from killed_run import in_process
from tiny_world import World

import vadkit
from vadkit.cli import execute
from vadkit.runs.events import read_events

pytestmark = pytest.mark.slow
ROOT = Path(vadkit.__file__).parents[1]
MAIN = "from vadkit.cli import main; main()"
MINORS = range(11, 20)
PLUGIN = Path(__file__).with_name("slow_tasks.py")
Vadkit = Callable[..., subprocess.CompletedProcess[str]]


def _candidates() -> Iterator[str]:
    yield os.environ.get("VADKIT_OTHER_PYTHON", "")
    for minor in MINORS:
        if minor != sys.version_info.minor:
            yield shutil.which(f"python3.{minor}") or ""


def _command(python: str) -> Vadkit:
    """Run vadkit under an interpreter, with this checkout and that one's own libraries."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-c", MAIN, *map(str, words)],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def other() -> Vadkit:
    """The command line under another Python."""
    for python in filter(None, _candidates()):
        needed = subprocess.run([python, "-c", "import torch, av, cv2"], check=False)
        command = _command(python)
        if needed.returncode == 0 and "jigsaw" in command("list-tasks").stdout:
            return command
    pytest.skip("only one Python has what vadkit needs; VADKIT_OTHER_PYTHON names another")


def _scores(file: Path) -> np.ndarray:
    return np.genfromtxt(file, delimiter=",", names=True)["score"]


def test_a_run_that_was_cut_short_goes_on_and_scores_alike(
    other: Vadkit, world: World, tmp_path: Path
) -> None:
    recipe, out = world.recipe("prediction", "jigsaw"), tmp_path / "run"
    assert in_process(recipe, out, event=4) == -signal.SIGKILL  # after the first phase
    done = other("run", recipe, "--out", out, "--resume", "--no-cache")
    assert done.returncode == 0, done.stderr
    names = [event["event"] for event in read_events(out / "events.jsonl")]
    assert names.count("epoch_saved") == 2
    assert names[-1] == "run_done"

    words = ["score", world.target / "test/c.mkv", "--run", out, "--boxes", world.boxes, "--out"]
    done = other(*words, tmp_path / "there")
    assert done.returncode == 0, done.stderr
    assert execute([*map(str, words), str(tmp_path / "here")]) == 0
    here, there = (_scores(tmp_path / place / "c.csv") for place in ("here", "there"))
    assert len(here) > 1
    assert np.allclose(here, there, atol=1e-4)


def test_a_recipe_with_a_plugin_is_trained(other: Vadkit, world: World, tmp_path: Path) -> None:
    recipe = world.recipe("slow", use="slow.error")
    assert execute(["recipe", "validate", str(recipe), "--plugin", str(PLUGIN)]) == 0
    done = other("run", recipe, "--plugin", PLUGIN, "--out", tmp_path / "run", "--no-cache")
    assert done.returncode == 0, done.stderr
    assert execute(["table", str(tmp_path / "run")]) == 0

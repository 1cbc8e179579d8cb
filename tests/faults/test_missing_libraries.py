"""Where an optional library is missing or broken, all else works, and what to do is said once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

pytestmark = pytest.mark.fault

NEEDED = {
    "timm": ("resnet50", "frames"),
    "segmentation_models_pytorch": ("deeplabv3plus", "frames"),
    "torchvision": ("raft", "frames"),
    "transformers": ("dpt", "depth"),
    "ultralytics": ("yolo", "yolo"),
    "open_clip": ("open-clip", "language"),
}
"""Library -> a teacher that is made of it, and the extra that installs it."""
FAULTS = {
    "missing": "ModuleNotFoundError('No module named ' + repr(__name__), name=__name__)",
    "broken": "RuntimeError('operator torchvision::nms does not exist')",
}
LOAD_EVERYTHING = """
from vadkit.registry.registry import load_plugins

registry = load_plugins()
kinds = ("task", "backbone", "teacher", "detector", "dataset")
print(len([registry.load(card) for kind in kinds for card in registry.cards(kind)]))
"""
MAKE_ONE = """
import sys
from pathlib import Path
from vadkit.errors import VadkitError
from vadkit.registry.registry import load_plugins

try:
    load_plugins().create("teacher", sys.argv[1], {"weights": Path(sys.argv[2])})
except VadkitError as error:
    print(error)
"""
CHECK_EVERY_TASK = """
import sys
from vadkit.cli import execute

sys.exit(execute(["check-task", "--all"]))
"""


@pytest.fixture(params=FAULTS)
def python(request: pytest.FixtureRequest, tmp_path: Path):
    """Run a command of this Python, in which importing some libraries raises."""

    def run(libraries: Iterable[str], *words: str) -> str:
        for library in libraries:
            folder = tmp_path / "site" / library
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "__init__.py").write_text(f"raise {FAULTS[request.param]}\n")
        path = os.pathsep.join([str(tmp_path / "site"), *sys.path])
        command = [sys.executable, *words]
        env = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("library", NEEDED)
def test_every_class_is_loaded_without(python, library: str) -> None:
    assert int(python([library], "-c", LOAD_EVERYTHING)) > 40


@pytest.mark.parametrize("library", NEEDED)
def test_what_is_missing_is_said_once_with_the_command(
    python, tmp_path: Path, library: str
) -> None:
    teacher, extra = NEEDED[library]
    weights = tmp_path / "weights.safetensors"
    save_file({"weight": torch.zeros(1)}, weights)
    told = python([library], "-c", MAKE_ONE, teacher, str(weights))
    assert library in told
    assert told.count(f'pip install "vadkit[{extra}]"') == 1


def test_every_task_passes_the_kit_without_any(python) -> None:
    summary = python(NEEDED, "-c", CHECK_EVERY_TASK).splitlines()[-1]
    assert summary.endswith("0 failed, 0 not checked")

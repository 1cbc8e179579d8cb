"""Listing, helping and validating import nothing heavy (DESIGN 1.2)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = {"torch", "cv2", "scipy", "sklearn", "matplotlib", "av", "torchvision", "numpy"}
COMMANDS = [
    "--help",
    "list-tasks",
    "list-datasets",
    "plugins",
    "recipe validate sota",
    "recipe show smoke",
]


def _imported(command: str) -> set[str]:
    """Top-level packages that a command imports."""
    path = os.pathsep.join(folder for folder in sys.path if folder)
    code = "from vadkit.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code, *command.split()],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().split(".")[0] for line in lines}


@pytest.mark.parametrize("command", COMMANDS)
def test_command_imports_nothing_heavy(command: str) -> None:
    imported = _imported(command)
    assert "vadkit" in imported
    assert imported & HEAVY == set()

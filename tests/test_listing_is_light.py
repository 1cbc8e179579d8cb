"""Listing, helping and validating import nothing heavy (DESIGN 1.2)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import CARD

from vadkit.cli import execute
from vadkit.cli.listing import plural
from vadkit.registry.registry import KINDS

HEAVY = {"torch", "cv2", "scipy", "sklearn", "matplotlib", "av", "torchvision", "numpy"}
COMMANDS = [
    "--help",
    "list-tasks",
    "list-datasets",
    "plugins",
    "recipe validate sota",
    "recipe show smoke",
]


def imported(command: str) -> set[str]:
    """Top-level packages that a command imports."""
    path = os.pathsep.join(folder for folder in sys.path if folder)
    code = "from vadkit.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code, *command.split()],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().split(".")[0] for line in lines}


LISTINGS = [f"list-{plural(kind)}" for kind in KINDS]


@pytest.mark.parametrize("command", ["--help", "--version", "plugins", *LISTINGS])
def test_listing_imports_no_validation_and_no_screen(command: str) -> None:
    """Each of them takes longer to import than a listing may take (DESIGN 1.2)."""
    assert imported(command) & {"pydantic", "pydantic_core", "rich"} == set()


def test_options_of_a_listing_are_still_read(tmp_path: Path, capsys) -> None:
    (tmp_path / "light.py").write_text(CARD.format(name="light", load="light:Config", extra=""))
    assert execute(["list-tasks", "--json", "--plugin", str(tmp_path / "light.py")]) == 0
    assert "light" in {row["name"] for row in json.loads(capsys.readouterr().out)}
    assert execute(["list-tasks", "--plugin"]) == 2
    assert execute(["list-tasks", "--help"]) == 0
    assert "--plugin FILE.py" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_command_imports_nothing_heavy(command: str) -> None:
    found = imported(command)
    assert "vadkit" in found
    assert found & HEAVY == set()

"""The benchmark of busy machines runs and prints its figures; what they are is for people."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_world import World

BUSY = Path(__file__).parents[2] / "benchmarks" / "busy.py"
MILLISECONDS = re.compile(r"^ +(spin|vadkit): +([\d.]+) ms +([\d.]+) ms$", re.MULTILINE)
RATIOS = re.compile(r"^ +(busy / alone|alone / spin alone): +([\d.]+) \(", re.MULTILINE)


@pytest.mark.slow
def test_both_tasks_are_timed_alone_and_beside_a_busy_process(world: World) -> None:
    words = [str(world.recipe("prediction")), "--steps", "1", "--rounds", "1"]
    path = os.pathsep.join(folder for folder in sys.path if folder)
    done = subprocess.run(
        [sys.executable, str(BUSY), *words],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "training step: alone, beside 1 busy" in done.stdout
    assert "scoring: alone, beside 1 busy" in done.stdout
    assert [name for name, *_ in MILLISECONDS.findall(done.stdout)] == ["spin", "vadkit"] * 2
    assert all(
        float(value) > 0 for _, *values in MILLISECONDS.findall(done.stdout) for value in values
    )
    assert len(RATIOS.findall(done.stdout)) == 8

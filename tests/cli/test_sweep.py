"""`vadkit sweep` plans without torch, and says what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_listing_is_light import imported

from vadkit.cli import execute

GRID = """
title = "Two orders"
recipe = "smoke"
[step.Pre]
tasks = ["prediction"]
epochs = 1
[step.Jig]
tasks = ["jigsaw"]
epochs = 1
[[row]]
order = [["Pre"], ["Jig"]]
[[row]]
order = [["Jig"], ["Pre"]]
"""
PROGRESSIVE = "progressive 4 8 (4 a seed) 8 (4 a seed) 0 8"
SIMULTANEOUS = "simultaneous 4 4 (2 a seed) 2 (1 a seed) 0 2"


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    path = tmp_path / "two.toml"
    path.write_text(GRID)
    return path


def test_dry_run_imports_nothing_heavy(grid) -> None:
    found = imported(f"sweep {grid} --dry-run")
    assert found & {"torch", "numpy", "matplotlib", "cv2", "ray"} == set()


def test_dry_run_says_what_there_is_to_do(grid, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert execute(["sweep", str(grid), "--dry-run", "--seeds", "0,1", "--jobs", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Two orders: 2 rows; data: plaza; seeds: 0, 1"
    assert lines[2].split() == PROGRESSIVE.split()
    assert lines[3].split() == SIMULTANEOUS.split()
    assert lines[5].startswith("6 cells, 0 of them finished. ")
    assert list(tmp_path.iterdir()) == [grid]


def test_dry_run_as_json(grid, capsys) -> None:
    command = ["sweep", str(grid), "--dry-run", "--json", "--jobs", "3"]
    assert execute([*command, "--set", "optim.lr=0.1", "--data", "ped2=x"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["datasets"], found["seeds"], found["jobs"]) == (
        2,
        ["ped2"],
        [0],
        3,
    )
    assert found["counts"]["total"]["remaining"] == 5


def test_errors_are_told_at_once_with_code_2(grid, capsys) -> None:
    grid.write_text(GRID.replace('"Jig"]', '"Jog"]').replace("title", "titel"))
    assert execute(["sweep", str(grid), "--dry-run"]) == 2
    told = capsys.readouterr().err
    assert f"{grid}:2: titel: unknown key. Did you mean 'title'?" in told
    assert f"{grid}:11: row.0.order.1.0: no step 'Jog'. Did you mean 'Jig'?" in told


def test_cells_whose_data_are_missing_are_rows(grid, tmp_path, capsys) -> None:
    pytest.importorskip("torch")
    out = tmp_path / "out"
    command = ["sweep", str(grid), "--data", "ped2=nowhere", "--out", str(out), "--jobs", "1"]
    assert execute(command) == 3
    told = capsys.readouterr().err
    assert told.count("FAILED: ") == 3
    assert "ped2" in told
    assert (out / "results.csv").read_text().count(",failed,") == 6

"""A worker or the driver is killed, a cell raises: what is finished stays, the rest goes on."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import pytest
from patience import wait_until
from tiny_world import World

from vadkit.cli import execute
from vadkit.runs.atomic import alive
from vadkit.runs.events import read_events

pytestmark = [pytest.mark.fault, pytest.mark.slow]

PLUGIN = Path(__file__).parents[1] / "slow_tasks.py"
GRID = """
title = "Faults"
recipe = "{recipe}"
modes = ["progressive"]
stages = ["one", "two"]
set = {{ "score.heads" = "refit", "score.refit_epochs" = 1{more} }}
[step.Good]
tasks = ["prediction"]
epochs = 1
steps = 2
[step.Raising]
tasks = ["raising"]
epochs = 1
steps = 2
[step.Dying]
tasks = ["dying"]
epochs = 1
steps = 2
[step.Slow]
tasks = ["slow"]
epochs = 5
steps = 4
"""
EPOCHS = range(1, 6)
"""Of the slow step."""


def _grid(world: World, folder: Path, orders: str, more: str = "") -> Path:
    rows = "".join(f"[[row]]\norder = {order}\n" for order in orders.split(";"))
    path = folder / "faults.toml"
    path.write_text(GRID.format(recipe=world.recipe().as_posix(), more=more) + rows)
    return path


def _rows(out: Path) -> dict[str, dict[str, str]]:
    """Row -> its last line."""
    with (out / "results.csv").open(newline="") as file:
        return {line["row"]: line for line in csv.DictReader(file)}


def _sweep(grid: Path, out: Path, *more: str) -> int:
    return execute(["sweep", str(grid), "--out", str(out), "--plugin", str(PLUGIN), *more])


def test_a_killed_worker_and_a_raising_cell_are_rows(world, tmp_path, capsys) -> None:
    saved = tmp_path / "saved"
    faults = (
        f', "tasks.dying" = {{ fault = "die", unless = "{saved.as_posix()}" }}'
        ', "tasks.raising" = { fault = "raise" }'
    )
    orders = '[["Good"], ["Dying"]];[["Good"], ["Raising"]];[["Good"], []]'
    grid, out = _grid(world, tmp_path, orders, faults), tmp_path / "out"

    assert _sweep(grid, out, "--jobs", "1") == 3
    rows = _rows(out)
    assert {name: line["status"] for name, line in rows.items()} == {
        "Good → Dying": "failed",
        "Good → Raising": "failed",
        "Good → \N{EN DASH}": "done",
    }
    assert rows["Good → Dying"]["reason"].startswith("worker killed by signal 9")
    assert "'raising'" in rows["Good → Raising"]["reason"]
    assert "scene" in rows["Good → Raising"]["reason"]
    told = capsys.readouterr().err
    assert "Good-Dying.progressive.folder.0: FAILED: worker killed by signal 9" in told
    assert "vadkit: Good-Raising.progressive.folder.0: Task 'raising' failed in views" in told
    table = (out / "table.md").read_text()
    assert "1 of 3 cells are finished." in table
    assert "- Good-Dying.progressive.folder.0: worker killed by signal 9" in table
    assert "KeyError" in (out / "logs" / "Good-Raising.progressive.folder.0.log").read_text()

    done = (out / rows["Good → \N{EN DASH}"]["run"] / "events.jsonl").read_bytes()
    saved.touch()
    assert _sweep(grid, out, "--jobs", "1") == 3  # the rest: one of both fails again
    assert {name: line["status"] for name, line in _rows(out).items()} == {
        "Good → Dying": "done",
        "Good → Raising": "failed",
        "Good → \N{EN DASH}": "done",
    }
    assert (out / rows["Good → \N{EN DASH}"]["run"] / "events.jsonl").read_bytes() == done


@pytest.fixture
def driver(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts `vadkit sweep` on a grid whose second and third cell take long."""
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))  # other tests trained these phases
    more = ', "tasks.slow" = { seconds = 0.2 }'
    orders = '[["Good"], []];[["Good"], ["Slow"]];[["Slow"], []]'
    grid = _grid(world, tmp_path, orders, more)
    code = "from vadkit.cli import main; main()"
    words = ["sweep", str(grid), "--out", str(tmp_path / "out"), "--plugin", str(PLUGIN)]
    children: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", code, *words, "--jobs", "2"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        children.append(child)
        return child

    yield begin
    for child in children:
        child.kill()
        child.wait()
        cast(IO[str], child.stderr).close()


def _events(out: Path) -> list[dict[str, Any]]:
    return [event for log in out.glob("cells/*/events.jsonl") for event in read_events(log)]


def _done(out: Path, name: str, count: int) -> Callable[[], bool]:
    return lambda: sum(event["event"] == name for event in _events(out)) >= count


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def _gone(pids: list[int]) -> Callable[[], bool]:
    return lambda: not any(alive(pid) and not _zombie(pid) for pid in pids)


def _zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks for processes in /proc")
def test_a_driver_that_ends_early_leaves_nothing_running_and_loses_nothing(
    driver, tmp_path
) -> None:
    """Ctrl-C, which a terminal sends to a whole group, then SIGKILL; then the rest is done."""
    out = tmp_path / "out"
    count = 0
    for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        child = driver()
        wait_until(_done(out, "epoch_saved", count + 1))
        workers = _children(child.pid)
        assert len(workers) >= 2
        (os.killpg if number == signal.SIGINT else os.kill)(child.pid, number)
        _, told = child.communicate()
        assert child.returncode == code, told
        wait_until(_gone(workers))
        count = sum(event["event"] == "epoch_saved" for event in _events(out))
    child = driver()
    _, told = child.communicate()
    assert child.returncode == 0, told
    assert {line["status"] for line in _rows(out).values()} == {"done"}
    saved = sorted((e["phase"], e["epoch"]) for e in _events(out) if e["event"] == "epoch_saved")
    assert saved == [(1, 1), *((1, n) for n in EPOCHS), *((2, n) for n in EPOCHS)]  # each once

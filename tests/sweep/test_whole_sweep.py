"""Sweeps on a tiny world: what they share is trained once, and what they say of it is true."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from grids import tiny_grid
from tiny_world import World

from vadkit.cli import execute
from vadkit.data.video.image import image_size
from vadkit.metrics.figures import all_figures
from vadkit.runs.events import read_events
from vadkit.runs.lock import locked

ROWS = "Pre Jig Virtual; Pre Virtual Jig; Pre+Rec - Virtual"
TRAININGS = {"progressive": (9, 7), "simultaneous": (3, 2)}
"""Alone and shared, by hand: Pre is one and Pre-Rec; at once, the first two rows are the same."""
STEPS = 2
"""Of each training: an epoch of two."""


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache in which no other test has trained anything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VADKIT_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def grid(world: World) -> Path:
    return tiny_grid(world, ROWS, top='figures = ["micro AUC", "AP"]')


@pytest.fixture(scope="module")
def swept(grid: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished sweep."""
    out = tmp_path_factory.mktemp("sweeps") / "tiny"
    assert execute(["sweep", str(grid), "--out", str(out), "--jobs", "2"]) == 0
    return out


@pytest.fixture(scope="module")
def lines(swept: Path) -> list[dict[str, str]]:
    with (swept / "results.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _steps(out: Path) -> int:
    """Optimizer steps that all cells really took."""
    logs = out.glob("cells/*/events.jsonl")
    events = [event for log in logs for event in read_events(log)]
    return sum(event["steps"] for event in events if event["event"] == "epoch_saved")


def test_steps_taken_are_those_of_what_is_shared(swept) -> None:
    alone, shared = (sum(of[i] for of in TRAININGS.values()) for i in range(2))
    assert _steps(swept) == STEPS * shared < STEPS * alone


def test_dry_run_counts_them(swept, grid, capsys) -> None:
    command = ["sweep", str(grid), "--dry-run", "--json", "--out"]
    assert execute([*command, str(swept)]) == 0
    found = json.loads(capsys.readouterr().out)
    for mode, (alone, shared) in TRAININGS.items():
        of = found["counts"][mode]
        assert (of["alone"], of["shared"], of["done"], of["remaining"]) == (
            *(alone, shared, shared, 0),
        )
    assert (found["cells"], found["finished"], found["seconds"]) == (5, 5, 0.0)


def test_every_phase_has_a_line(lines) -> None:
    before = ["row", "mode", "dataset", "seed", "phase", "stage", "tasks"]
    after = ["best baseline", "steps", "seconds", "status", "reason", "run"]
    assert list(lines[0]) == [*before, *all_figures(), *after]
    assert len(lines) == sum(alone for alone, _ in TRAININGS.values())
    assert {line["status"] for line in lines} == {"done"}
    first = lines[:3]
    assert [line["tasks"] for line in first] == ["prediction", "jigsaw", "virtual"]
    assert [line["stage"] for line in first] == ["perception", "comprehension", "inference"]
    assert {line["mode"] for line in lines} == set(TRAININGS)


def test_lines_say_what_the_runs_say(lines, swept) -> None:
    for line in lines:
        metrics = json.loads((swept / line["run"] / "metrics.json").read_text())
        phase = metrics["phases"][int(line["phase"]) - 1]
        assert float(line["micro AUC"]) == phase["auc"]["micro"]
        assert float(line["AP"]) == phase["ap"]
        best = max(of["micro"] for of in metrics["baselines"].values())
        assert float(line["best baseline"]) == best
    ends = [line for line in lines if line["mode"] == "simultaneous"]
    assert len({line["run"] for line in ends}) == 2


def test_table_is_like_the_papers(lines, swept) -> None:
    text = (swept / "table.md").read_text()
    head = "| order | perception | comprehension | inference | simultaneous |"
    assert text.count(head) == 2
    assert re.findall(r"^(\S+(?: AUC)?), in percent", text, re.MULTILINE) == ["micro AUC", "AP"]
    (row,) = [line for line in text.splitlines() if line.startswith("| Pre-Rec →")][:1]
    values = {
        (line["mode"], line["phase"]): f"{100 * float(line['micro AUC']):.1f}"
        for line in lines
        if line["row"].startswith("Pre-Rec")
    }
    two, three = (values["progressive", phase] for phase in "23")
    assert row.split(" | ")[1:] == [two, two, three, f"{values['simultaneous', '1']} |"]
    tex = (swept / "table.tex").read_text()
    assert rf"Pre-Rec $\rightarrow$ -- $\rightarrow$ Virtual & {two} & {two} & {three}" in tex


def test_figure_is_drawn(swept) -> None:
    width, height = image_size((swept / "figure.png").read_bytes()) or (0, 0)
    assert min(height, width) > 300


def test_a_second_call_does_nothing(swept, grid, capsys) -> None:
    before = {path: path.read_bytes() for path in swept.glob("cells/*/events.jsonl")}
    assert execute(["sweep", str(grid), "--out", str(swept)]) == 0
    assert "Everything is done." in capsys.readouterr().out
    assert {path: path.read_bytes() for path in swept.glob("cells/*/events.jsonl")} == before


def test_a_row_more_trains_only_what_is_new(swept, world, grid, capsys) -> None:
    more = tiny_grid(world, f"Jig - -; {ROWS}; Pre Rec Jig", top='modes = ["progressive"]')
    assert execute(["sweep", str(more), "--out", str(swept), "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["counts"]["progressive"]
    assert (found["alone"], found["shared"], found["remaining"]) == (13, 9, 2)


def test_what_was_timed_is_estimated(swept, grid, tmp_path, capsys) -> None:
    assert execute(["sweep", str(grid), "--dry-run", "--out", str(tmp_path)]) == 0
    assert re.search(
        r"With \d+ jobs? at once it may take about (\d+m)?\d+s\.", capsys.readouterr().out
    )


def test_what_was_never_timed_is_said_plainly(grid, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    assert execute(["sweep", str(grid), "--dry-run", "--out", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert "Never timed: jigsaw, prediction, reconstruction, virtual. So nobody knows" in out
    assert not (tmp_path / "out").exists()


def test_a_folder_in_use_or_of_other_things_is_refused(swept, grid, tmp_path, capsys) -> None:
    (tmp_path / "mine").write_text("")
    assert execute(["sweep", str(grid), "--out", str(tmp_path)]) == 2
    assert "is no sweep and not empty (it holds mine)" in capsys.readouterr().err
    with locked(swept):
        assert execute(["sweep", str(grid), "--out", str(swept)]) == 8
    assert "is in use by pid" in capsys.readouterr().err
    (tmp_path / "sweep.json").write_text('{"schema_version": 99}')
    assert execute(["sweep", str(grid), "--out", str(tmp_path)]) == 8


def test_json_is_for_dry_runs(grid) -> None:
    assert execute(["sweep", str(grid), "--json"]) == 2


def test_grid_is_kept(swept, grid) -> None:
    assert (swept / "grid.toml").read_text() == grid.read_text()

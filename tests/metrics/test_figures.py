"""A figure is added in one place, and is then wherever figures are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_world import World

from vadkit.cli import execute
from vadkit.cli.training import say_summary
from vadkit.metrics import figures
from vadkit.metrics.curves import ScoredFrames
from vadkit.metrics.figures import FIGURES, Figure

SWEEP = """
title = "Two"
recipe = "{recipe}"
figures = ["frames", "micro AUC"]
[[row]]
name = "tiny"
"""
pytestmark = pytest.mark.usefixtures("undrawn")


def count(frames: ScoredFrames) -> float:
    """A figure that is no share, and lower where it is better: how many frames were judged."""
    return float(len(frames.joined[0]))


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> Figure:
    figure = Figure(
        "frames", ("counts", "all"), count, percent=False, decimals=2, higher_is_better=False
    )
    monkeypatch.setattr(figures, "FIGURES", (*FIGURES, figure))
    return figure


@pytest.fixture
def run(added: Figure, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    recipe = str(world.recipe("prediction", "jigsaw"))
    assert execute(["run", recipe, "--no-cache", "--out", "run"]) == 0
    return tmp_path / "run"


def row_of(text: str, name: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(name)]
    return line.split()


def test_it_is_written_and_printed_after_a_run(run: Path, capsys) -> None:
    say_summary(run)
    head, *rows = capsys.readouterr().out.splitlines()
    assert "frames" in head.split()
    assert "80.00" in rows[0]
    written = json.loads((run / "metrics.json").read_text())
    for tree in (written, *written["phases"]):
        assert tree["counts"] == {"all": 80}
    assert {of["all"] for of in written["baselines"].values()} == {80}


def test_it_is_in_tables_and_comparisons(run: Path, capsys) -> None:
    assert execute(["table", str(run)]) == 0
    table = [line.strip("|").split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert table[2][table[0].index("frames")] == "80.00"
    assert execute(["compare", str(run), str(run)]) == 0
    assert row_of(capsys.readouterr().out, "frames")[1:] == ["80.000", "80.000", "+0.000"]


def test_the_evaluation_of_files_has_it(run: Path, capsys) -> None:
    words = ["evaluate", "frames", f"--scores={run / 'scores'}", f"--labels={run / 'labels'}"]
    assert execute(words) == 0
    assert row_of(capsys.readouterr().out, "frames") == ["frames", "80.000"]
    assert execute([*words, "--protocol=all"]) == 0
    assert "frames" in capsys.readouterr().out.splitlines()[0].split()


def test_a_sweep_shows_it_as_it_is_and_shares_in_percent(run: Path, world: World, capsys) -> None:
    from vadkit.registry.registry import load_plugins
    from vadkit.sweep.expansion import entries_of
    from vadkit.sweep.folder import CellState
    from vadkit.sweep.grid import read_grid
    from vadkit.sweep.paper_table import markdown
    from vadkit.sweep.phase_lines import lines_of, results_csv

    grid = run.parent / "grid.toml"
    grid.write_text(SWEEP.format(recipe=world.recipe("prediction", "jigsaw").as_posix()))
    file = read_grid(grid, load_plugins())
    (entry,) = entries_of(file)
    lines = lines_of([entry], {entry.cell.name: CellState.read(run)}, {})
    text = markdown(file.grid, lines)
    assert "\nframes, seed 0." in text
    assert "\nmicro AUC, in percent, seed 0." in text
    assert "| tiny | 80.00 |" in text
    assert ",frames," in results_csv(lines).splitlines()[0]


def test_the_schema_of_the_file_describes_it(added: Figure, capsys) -> None:
    assert execute(["evaluate", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    counts = schema["$defs"]["PhaseFigures"]["properties"]["counts"]["anyOf"][0]
    assert counts["properties"]["all"]["title"] == "frames"
    assert {"auc", "rbdc"} <= schema["properties"].keys()


def test_what_was_evaluated_before_is_evaluated_anew(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the phase cache nor the run folder hides a figure that joined later."""
    recipe = str(world.recipe("prediction", "jigsaw"))
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert execute(["run", recipe, "--out", "before"]) == 0
    before = Path("before/events.jsonl").read_text().splitlines()
    Path("before/events.jsonl").write_text("\n".join(before[:-1]) + "\n")
    late = Figure("frames", ("counts", "all"), count)
    monkeypatch.setattr(figures, "FIGURES", (*FIGURES, late))
    for words in (["--out", "after"], ["--out", "before", "--resume"]):
        assert execute(["run", recipe, *words]) == 0
        phases = json.loads((Path(words[1]) / "metrics.json").read_text())["phases"]
        assert [of["counts"] for of in phases] == [{"all": 80}] * 2


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_each_figure_is_of_frames_or_of_regions(figure: Figure) -> None:
    assert (figure.of_frames is None) != (figure.of_regions is None)


def test_names_and_keys_are_told_apart() -> None:
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)
    assert len({figure.key for figure in FIGURES}) == len(FIGURES)

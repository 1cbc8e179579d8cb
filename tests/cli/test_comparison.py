"""`vadkit table` and `vadkit compare`: what compares, what does not, and what is printed."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_world import World

from vadkit.cli import execute
from vadkit.experiment.run import run
from vadkit.metrics.metrics_schema import ORACLE
from vadkit.recipe import load_recipe
from vadkit.registry.registry import Registry

pytestmark = pytest.mark.edges


@pytest.fixture(scope="module")
def other(world: World, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run's first phase with another seed."""
    recipe = load_recipe(world.recipe("prediction"), ["seed=1"], registry=registry)
    return run(recipe, out=tmp_path_factory.mktemp("other") / "other")


def copied(done: Path, tmp_path: Path, name: str, seed: int = 0, **metrics: Any) -> Path:
    """A run like the tiny one, with another seed and other figures."""
    path = tmp_path / name
    shutil.copytree(done, path)
    file = path / "metrics.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"seed": seed} | metrics))
    resolved = path / "resolved.toml"
    resolved.write_text(re.sub(r"(?m)^seed = \d+", f"seed = {seed}", resolved.read_text(), count=1))
    return path


def auc(micro: float) -> dict[str, float]:
    return {"micro": micro, "macro_skipped": micro, "macro_padded": micro}


def test_seeds_are_one_row_with_mean_and_deviation(done: Path, tmp_path: Path, capsys) -> None:
    micro = (0.7, 0.8, 0.9)
    runs = [copied(done, tmp_path, f"r{s}", s, auc=auc(of)) for s, of in enumerate(micro)]
    assert execute(["table", *map(str, runs)]) == 0
    head, _, row = capsys.readouterr().out.splitlines()
    assert head.startswith("| run | seeds | micro AUC |")
    assert row.startswith("| r0 | 3 | 0.800 ± 0.100 | 0.800 ± 0.100 |")


def test_a_figure_that_one_seed_lacks_is_left_out(done: Path, tmp_path: Path, capsys) -> None:
    runs = [copied(done, tmp_path, f"r{s}", s, rbdc=of) for s, of in enumerate((0.5, None))]
    assert execute(["table", *map(str, runs), "--format", "csv"]) == 0
    (row,) = csv.DictReader(capsys.readouterr().out.splitlines())
    assert (row["seeds"], row["RBDC, mean"], row["RBDC, deviation"]) == ("0 1", "", "")
    assert float(row["micro AUC, deviation"]) == 0


def test_latex_is_a_table_and_goes_to_a_file(done: Path, other: Path, tmp_path: Path) -> None:
    file = tmp_path / "table.tex"
    words = ["table", str(done), str(other), "--format", "latex", "--out", str(file)]
    assert execute(words) == 0
    lines = file.read_text().splitlines()
    assert lines[0] == r"\begin{tabular}{lrrrrrrrrrrrr}"
    assert lines[-1] == r"\end{tabular}"
    rows = [line.split(" & ") for line in lines if line.endswith(r"\\")]
    assert [row[0] for row in rows] == ["run", "tiny", "other"]
    assert {len(row) for row in rows} == {13}


def test_a_runs_name_is_text_in_latex(done: Path, tmp_path: Path, capsys) -> None:
    assert execute(["table", str(copied(done, tmp_path, "50%_a&b")), "--format", "latex"]) == 0
    assert "\n" + r"50\%\_a\&b & 1 & " in capsys.readouterr().out


def test_one_result_twice_is_refused(done: Path, tmp_path: Path, capsys) -> None:
    assert execute(["table", str(done), str(copied(done, tmp_path, "again"))]) == 2
    assert "again and tiny are one recipe with one seed" in capsys.readouterr().err


def changed(done: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A run of another seed, with something else in its figures."""
    path = copied(done, tmp_path, "x", seed=1)
    found = json.loads((path / "metrics.json").read_text())
    change(found)
    (path / "metrics.json").write_text(json.dumps(found))
    return path


def other_protocol(found: dict[str, Any]) -> None:
    found["protocol"] |= {"hash": "other", "normalise": "video"}


def other_labels(found: dict[str, Any]) -> None:
    found["protocol"] |= {"hash": "other", "labels": "intervals"}


def other_videos(found: dict[str, Any]) -> None:
    found["data"]["target"] = "other"


def an_oracle(found: dict[str, Any]) -> None:
    found["protocol"] |= {"hash": "oracle", "checkpoint": ORACLE}


def test_an_oracle_is_named_in_tables_and_compares_with_no_other(
    done: Path, tmp_path: Path, capsys
) -> None:
    path = changed(done, tmp_path, an_oracle)
    for form, row in (
        ("markdown", "| x (oracle) |"),
        ("csv", "x (oracle),"),
        ("latex", "x (oracle)"),
    ):
        assert execute(["table", str(path), "--format", form]) == 0
        assert row in capsys.readouterr().out
    assert execute(["compare", str(done), str(path)]) == 8
    assert "oracle: epoch of each phase" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_protocol, "normalise = 'none', x has 'video'"),
        (other_labels, "x has 'intervals'"),
        (other_videos, "the files differ"),
    ],
)
def test_what_does_not_compare_is_refused_unless_told(
    done: Path, tmp_path: Path, capsys, change, said: str
) -> None:
    path = changed(done, tmp_path, change)
    for command in ("table", "compare"):
        assert execute([command, str(done), str(path)]) == 8
        assert said in capsys.readouterr().err
        assert execute([command, str(done), str(path), "--anyway"]) == 0
        printed = capsys.readouterr()
        assert said in printed.err
        assert "x" in printed.out
        assert ("nothing says how sure the difference is" in printed.out) == (command == "compare")


def test_runs_on_other_videos_stand_side_by_side_if_told(
    done: Path, tmp_path: Path, capsys
) -> None:
    path = changed(done, tmp_path, other_videos)
    for folder in ("scores", "labels"):
        (path / folder / "c.csv").unlink()
    assert execute(["compare", str(done), str(path), "--anyway"]) == 0
    printed = capsys.readouterr().out
    assert "micro AUC" in printed
    assert "Protocol or data differ, so nothing says how sure" in printed


def test_a_run_against_another_says_how_sure_and_what_changed(
    done: Path, other: Path, capsys
) -> None:
    assert execute(["compare", str(done), str(other)]) == 0
    printed = capsys.readouterr().out
    figures = [json.loads((path / "metrics.json").read_text()) for path in (done, other)]
    one, two = (of["auc"]["micro"] for of in figures)
    (row,) = [line for line in printed.splitlines() if line.startswith("micro AUC")]
    assert f"{one:.4f}" in row
    assert f"{two - one:+.4f}" in row
    assert re.search(r"[+-]\d\.\d{4} to [+-]\d\.\d{4}", row)
    assert "its sign" in printed
    assert "seed: 0 in tiny, 1 in other" in printed


def test_a_run_against_itself_does_not_differ(done: Path, capsys) -> None:
    assert execute(["compare", str(done), str(done)]) == 0
    printed = capsys.readouterr().out
    assert "+0.0000 to +0.0000" in printed
    assert "Both have the same micro AUC, however their videos are drawn." in printed
    assert "its sign" not in printed


def test_a_run_without_figures_is_named(done: Path, tmp_path: Path, capsys) -> None:
    path = copied(done, tmp_path, "unfinished")
    (path / "metrics.json").unlink()
    assert execute(["table", str(path)]) == 8
    assert "unfinished has no figures" in capsys.readouterr().err
    old = copied(done, tmp_path, "old", schema_version=1)
    assert execute(["table", str(old)]) == 8
    assert "has schema 1" in capsys.readouterr().err


def test_scores_of_other_videos_are_not_paired(done: Path, tmp_path: Path, capsys) -> None:
    path = copied(done, tmp_path, "less", seed=1)
    for folder in ("scores", "labels"):
        (path / folder / "c.csv").unlink()
    assert execute(["compare", str(done), str(path)]) == 4
    assert "hold other videos or frames" in capsys.readouterr().err

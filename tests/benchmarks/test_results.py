"""The rows of the page of results are those of the run folders."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "results.py"


@pytest.fixture(scope="module")
def benchmark() -> dict[str, Any]:
    return runpy.run_path(str(BENCHMARK))


def cells(text: str) -> list[dict[str, str]]:
    """The rows of a Markdown table, by their heads."""
    head, _, *lines = [line.strip("| ").split(" | ") for line in text.strip().splitlines()]
    return [dict(zip(head, line, strict=True)) for line in lines]


def test_a_row_says_what_was_reached_and_with_what(
    benchmark: dict[str, Any], done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark["main"]([str(done)])
    (row,) = cells(capsys.readouterr().out)
    metrics = json.loads((done / "metrics.json").read_text())
    assert row["run"] == done.name
    assert (row["data"], row["seeds"], row["boxes"]) == ("folder", "0", "file")
    assert row["protocol"] == f"`{metrics['protocol']['hash']}`"
    assert row["machine"].startswith(f"{metrics['threads']} thread")
    assert float(row["minutes"]) < 30
    assert row["micro AUC"] == f"{metrics['auc']['micro']:.3f}"
    assert row["FA/h at 50"] == f"{metrics['false_alarms_50']:.1f}"


def test_seeds_are_one_row_and_a_run_that_stopped_has_no_minutes(
    benchmark: dict[str, Any], done: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Path(shutil.copytree(done, tmp_path / "other"))
    metrics = json.loads((done / "metrics.json").read_text())
    micro = metrics["auc"]["micro"]
    (other / "metrics.json").write_text(
        json.dumps({**metrics, "seed": 1, "auc": {**metrics["auc"], "micro": micro - 0.2}})
    )
    first = (other / "events.jsonl").read_text().splitlines(keepends=True)[0]
    with (other / "events.jsonl").open("a") as events:
        events.write(first)
    benchmark["main"]([str(done), str(other)])
    (row,) = cells(capsys.readouterr().out)
    assert (row["seeds"], row["minutes"]) == ("0, 1", "-")
    assert row["micro AUC"] == f"{micro - 0.1:.3f} ± {0.2 / 2**0.5:.3f}"


def test_readings_and_kinds_are_means_over_draws_and_seeds(
    benchmark: dict[str, Any], done: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = json.loads((done / "metrics.json").read_text())
    for place, (seed, micro) in enumerate([(0, 0.5), (0, 0.7), (1, 0.8)]):
        auc = {**metrics["auc"], "micro": micro, "macro_skipped": micro / 2}
        changed = {"seed": seed, "auc": auc, "kinds": {"fall": micro, "run": None}}
        copy = Path(shutil.copytree(done, tmp_path / str(place)))
        (copy / "metrics.json").write_text(json.dumps({**metrics, **changed}))
    folders = [str(tmp_path / str(place)) for place in range(3)]
    benchmark["main"]([*folders, "--readings"])
    first, *_ = cells(capsys.readouterr().out)
    assert first["micro / macro AUC"] == "main"
    assert first["folder"] == "0.700 ± 0.141 / 0.350 ± 0.071"
    benchmark["main"]([*folders, "--kinds"])
    fall, run = cells(capsys.readouterr().out)
    assert (fall["micro AUC"], fall["main"]) == ("fall", "0.700 ± 0.141")
    assert (run["micro AUC"], run["main"]) == ("run", "-")


def test_the_rows_take_their_place_in_a_page(
    benchmark: dict[str, Any], done: Path, tmp_path: Path
) -> None:
    page = tmp_path / "results.md"
    page.write_text("before\n<!-- runs a -->\nold\n<!-- end -->\n<!-- runs b -->\n<!-- end -->\n")
    for _ in range(2):
        benchmark["main"]([str(done), "--page", str(page), "--part", "a"])
    before, _, table = page.read_text().partition("| run |")
    assert before == "before\n<!-- runs a -->\n"
    _, _, row, *after = table.splitlines()
    assert row.startswith("| tiny | folder | 0 |")
    assert after == ["<!-- end -->", "<!-- runs b -->", "<!-- end -->"]
    page.write_text("<!-- runs b -->\n<!-- end -->\n<!-- runs a -->\nold\n<!-- end -->\n")
    benchmark["main"]([str(done), "--page", str(page), "--part", "b"])  # where nothing stood
    assert page.read_text().endswith("|\n<!-- end -->\n<!-- runs a -->\nold\n<!-- end -->\n")
    with pytest.raises(SystemExit) as stopped:
        benchmark["main"]([str(done), "--page", str(page), "--part", "c"])
    assert stopped.value.code == 2

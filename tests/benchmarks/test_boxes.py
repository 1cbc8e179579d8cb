"""How far boxes agree with others is counted as the page of detectors says."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_world import World

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "boxes.py"


@pytest.fixture(scope="module")
def benchmark() -> dict[str, Any]:
    return runpy.run_path(str(BENCHMARK))


def boxes(*corners: tuple[float, float, float, float]) -> np.ndarray:
    return np.array([[*four, 1] for four in corners], np.float32).reshape(-1, 5)


def test_each_box_is_of_a_kind(benchmark: dict[str, Any]) -> None:
    true = boxes((0, 0, 10, 30), (12, 0, 22, 30), (50, 0, 60, 30), (80, 0, 90, 30))
    group, shoe, same, nothing = (0, 0, 22, 30), (50, 25, 60, 30), (81, 0, 91, 30), (30, 60, 40, 70)
    counts = benchmark["agreement"](true, boxes(group, shoe, same, nothing))
    assert counts == {
        "frames": 1,
        "true": 4,
        "found": 4,
        "IoU 0.5": 1,
        "touched": 4,
        "fragments": 1,
        "groups": 1,
        "empty": 1,
    }


def test_without_boxes_nothing_is_found(benchmark: dict[str, Any]) -> None:
    counts = benchmark["agreement"](boxes((0, 0, 10, 30)), boxes())
    assert (counts["true"], counts["found"], counts["touched"]) == (1, 0, 0)


def test_a_table_and_pictures_come_of_a_recipe(
    benchmark: dict[str, Any], world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, truth = world.recipe("prediction"), f'[{{name="file", path="{world.boxes}"}}]'
    words = [str(recipe), "--truth", truth, "--pictures", str(tmp_path), "--every", "8"]
    benchmark["main"](words)
    _, _, *rows = capsys.readouterr().out.strip().splitlines()
    cells = [cell.strip() for cell in rows[-1].strip("|").split("|")]
    assert cells[0] == "all"
    assert cells[1] == cells[2]
    assert (cells[3], cells[4], cells[7]) == ("1.000", "1.000", "0.000")
    assert len(list(tmp_path.glob("*.png"))) >= 2

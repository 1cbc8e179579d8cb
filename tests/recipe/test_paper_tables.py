"""The grids of the papers' tables: valid, of the papers' sizes, and they train and score."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from installed import optional_libraries
from tiny_recipe import small
from tiny_world import World

from vadkit.experiment.run import run
from vadkit.recipe import load_recipe, resolved
from vadkit.registry.registry import Registry
from vadkit.sweep.expansion import Entry, entries_of
from vadkit.sweep.grid import read_grid, shipped_grids
from vadkit.sweep.schedule import count

PROGRESSIVE, CUMULATIVE, ONCE, OWN = "progressive", "cumulative", "simultaneous", "recipe"

TRAININGS = {
    "zhang-table2": {ONCE: (9, 9)},
    "zhang-table3": {PROGRESSIVE: (45, 31), ONCE: (13, 11)},
    "zhang-table4": {ONCE: (7, 7), PROGRESSIVE: (3, 3)},
    "zhang-table5": {PROGRESSIVE: (12, 7)},
    "zhang-figure1": {PROGRESSIVE: (7, 6), ONCE: (2, 2)},
    "shi-table2": {ONCE: (6, 6)},
    "shi-table5": {CUMULATIVE: (18, 15), ONCE: (6, 6)},
    "barbalau-table1": {ONCE: (3, 3)},
    "barbalau-table2": {ONCE: (9, 9)},
    "barbalau-table3": {ONCE: (9, 9)},
    "barbalau-table4": {ONCE: (10, 10)},
    "barbalau-comparison": {OWN: (3, 3)},
    "baradaran-table2": {ONCE: (5, 5)},
    "baradaran-table3": {ONCE: (5, 5)},
    "baradaran-table4": {ONCE: (3, 3)},
    "what-learning-adds": {OWN: (65, 65)},
    "claims": {PROGRESSIVE: (7, 6), ONCE: (2, 2)},
}
"""Grid -> mode -> trainings of phases a seed, alone and with what is shared trained once."""
OURS = ("what-learning-adds", "claims")
"""Those that are no paper's table."""


def entries(name: str, registry: Registry) -> list[Entry]:
    return entries_of(read_grid(name, registry, seeds="0"))


def test_every_grid_is_counted_and_listed() -> None:
    assert TRAININGS.keys() == shipped_grids().keys()
    listed = (Path(__file__).parents[2] / "docs" / "papers.md").read_text("utf-8")
    assert all(f"`{name}`" in listed for name in TRAININGS)


@pytest.mark.parametrize("name", TRAININGS)
def test_every_cell_is_a_recipe_and_there_are_as_many_trainings_as_papers_have(
    name: str, registry: Registry
) -> None:
    found = count(entries(name, registry), set())
    assert {mode: (of.alone, of.shared) for mode, of in found.items()} == TRAININGS[name]


@pytest.mark.parametrize("name", TRAININGS)
def test_three_seeds_are_asked_for(name: str, registry: Registry) -> None:
    assert read_grid(name, registry).grid.seeds == (0, 1, 2)


@pytest.mark.parametrize("name", [name for name in TRAININGS if name not in OURS])
def test_a_grid_says_what_its_paper_leaves_open(name: str) -> None:
    text = shipped_grids()[name].read_text("utf-8")
    assert text.startswith("# [00")
    assert "SILENT" in text.partition("title =")[0]


def test_all_rows_of_a_paper_of_orders_are_scored_alike(registry: Registry) -> None:
    for name in (grid for grid in TRAININGS if grid.startswith(("zhang", "shi"))):
        recipes = [entry.cell.recipe for entry in entries(name, registry)]
        assert len({recipe.score.model_dump_json() for recipe in recipes}) == 1


@pytest.mark.parametrize("name", TRAININGS)
def test_a_cell_trains_and_scores(
    name: str, world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    file = tmp_path / "cell.toml"
    file.write_text(resolved(entries(name, registry)[-1].cell.recipe))
    data = [f"folder={world.target}"]
    bound = load_recipe(file, small(file, world, registry), data, world.boxes, registry)
    with optional_libraries():
        out = run(bound, out=tmp_path / "run", device="cpu")
    found = json.loads((out / "metrics.json").read_text())
    assert len(found["phases"]) == len(bound.recipe.phase)
    assert 0 <= found["auc"]["micro"] <= 1

"""Every recipe that travels with vadkit is valid, and trains, scores and evaluates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from installed import optional_libraries
from tiny_recipe import small
from tiny_world import World

from vadkit.experiment.run import run
from vadkit.recipe import load_recipe, shipped_recipes
from vadkit.registry.registry import Registry


def test_there_are_some() -> None:
    named = {
        "baseline",
        "sota",
        "sequential",
        "ssmtl",
        "ssmtl_v1",
        "ssmtl_v2",
        "attention",
        "smoke",
    }
    assert named <= set(shipped_recipes())


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_shipped_recipe_runs(
    name: str, world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    data = [f"folder={world.target}"]
    bound = load_recipe(name, small(name, world, registry), data, world.boxes, registry)
    with optional_libraries():
        out = run(bound, out=tmp_path / "run", device="cpu")
    found = json.loads((out / "metrics.json").read_text())
    assert len(found["phases"]) == len(bound.recipe.phase)
    assert 0 <= found["auc"]["micro"] <= 1
    assert found["baselines"]  # also where whole frames are scored

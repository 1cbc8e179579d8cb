"""Every role's stand-in teaches: a run from frames to scores that names no teacher."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_world import World

from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.cards import TaskCard
from vadkit.registry.registry import Registry

TAUGHT = ("flow", "distillation", "segmentation", "pose")


@pytest.mark.parametrize("task", TAUGHT)
def test_a_task_learns_and_scores_by_stand_ins(
    task: str, world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    recipe = load_recipe(world.recipe(task, use=f"{task}.error"), registry=registry)
    folder = run(recipe, out=tmp_path / "run")
    rows = (folder / "scores" / "c.csv").read_text().splitlines()[1:]
    scores = [float(row.split(",")[2]) for row in rows]
    card = registry.card("task", task)
    assert isinstance(card, TaskCard)
    assert {need.role for need in card.needs(card.config())} == recipe_roles(folder)
    assert len(scores) == 40
    assert 0 <= min(scores) <= max(scores)
    assert max(scores) > 0


def recipe_roles(folder: Path) -> set[str]:
    """The roles that the run had filled, as it recorded them."""
    lines = (folder / "resolved.toml").read_text().splitlines()
    heads = [line for line in lines if line.startswith("[teachers.")]
    return {head.removeprefix("[teachers.").removesuffix("]") for head in heads}

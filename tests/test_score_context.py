"""Scoring another video with a task that needs a teacher: as the run itself did."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_world import World

from vadkit.data.dataset import Video
from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.registry import Registry
from vadkit.report.score_files import read_scores
from vadkit.runs.folder import RunFolder
from vadkit.score import Scorer

TASK, SCORE = "semantic_reconstruction", "semantic_reconstruction.distance"


@pytest.mark.usefixtures("undrawn")
def test_a_score_that_needs_the_scene(world: World, registry: Registry, tmp_path: Path) -> None:
    sets = ('teachers.scene={name="scene-grid", grid=4, stride=3}', 'precision="fp32"')
    recipe = load_recipe(world.recipe(TASK, use=SCORE), sets, registry=registry)
    folder = RunFolder(run(recipe, out=tmp_path / "run"))
    table = Scorer.of_run(folder, registry).score(Video("c", world.target / "test/c.mkv", "test"))
    wanted = read_scores(folder.scores / "c.csv")
    assert len(set(wanted.scores.raw)) > 20
    assert table.scores.raw == pytest.approx(wanted.scores.raw, rel=1e-3, abs=1e-6)

"""`vadkit rank-tasks`: it writes the ordered recipe and says whose labels it used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_world import World

from vadkit.cli import execute
from vadkit.recipe import load_recipe
from vadkit.registry.registry import Registry
from vadkit.sweep.ranking import Ranked, Ranking, Split


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the ranking was asked for; it answers that the last is the easiest."""
    told: dict[str, Any] = {}

    def rank(bound: Any, folder: Path, split: Split, **more: Any) -> Any:
        told.update(folder=folder, split=split, **more)
        unlike = bound.trained_tasks[::-1]
        of = tuple(Ranked(task, f"its own {task}", 0.9 - i / 10) for i, task in enumerate(unlike))
        return Ranking(of, split, ("c",), 2), told.pop("failed", {})

    monkeypatch.setattr("vadkit.sweep.ranking.rank", rank)
    monkeypatch.chdir(tmp_path)
    return told


def test_the_ordered_recipe_says_whose_labels_were_used(
    world: World,
    registry: Registry,
    asked: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = world.recipe("prediction", "jigsaw", "virtual")
    more = ["--set", "phase.0.epochs=3", "--out", "ranked.toml", "--seeds", "0,1"]
    assert execute(["rank-tasks", str(recipe), "--split", "test[::2]", *more]) == 0
    assert asked["split"].text == "test[::2]"
    assert asked["seeds"] == "0,1"
    assert asked["folder"] == tmp_path / "sweeps" / f"rank-{recipe.stem}"
    shown = capsys.readouterr().out
    assert "chosen with labels" in shown
    assert "1      virtual" in shown
    text = Path("ranked.toml").read_text()
    assert "# virtual: micro AUC 0.9000 by its own virtual\n" in text
    assert "# This order was chosen with labels: those of test[::2], 1 of 2 test videos (c)" in text
    written = load_recipe("ranked.toml", registry=registry).recipe
    assert [phase.title for phase in written.phase] == ["virtual", "jigsaw", "prediction"]
    assert [phase.epochs for phase in written.phase] == [1, 1, 3]
    before = load_recipe(recipe, registry=registry).recipe
    assert written.model_copy(update={"phase": before.phase}) == before


def test_a_cumulative_recipe_stays_cumulative(
    registry: Registry, asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["rank-tasks", "sequential", "--split", "test"]) == 0
    written = load_recipe("sequential-ranked.toml", registry=registry).recipe
    order = ["frame_order", "reconstruction", "prediction"]
    assert [phase.title.split("+") for phase in written.phase] == [order[:1], order[:2], order]
    assert [phase.epochs for phase in written.phase] == [6, 4, 3]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["sota"], "--split"),
        (["sota", "--split", "train"], "is no split"),
        (["ssmtl", "--split", "test"], "no order of tasks"),
        (["sota", "--split", "test", "--out", "there.toml"], "there.toml exists"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_trained(
    words: list[str], told: str, asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("there.toml").touch()
    assert execute(["rank-tasks", *words]) == 2
    assert told in capsys.readouterr().err
    assert asked == {}


def test_where_a_training_failed_no_recipe_is_written(
    monkeypatch: pytest.MonkeyPatch,
    asked: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        "vadkit.sweep.ranking.rank", lambda *_, **__: (None, {"guess": "it is broken."})
    )
    assert execute(["rank-tasks", "sota", "--split", "test"]) == 3
    assert "guess: it is broken." in capsys.readouterr().err
    assert not Path("sota-ranked.toml").exists()

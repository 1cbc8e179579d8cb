"""Each task alone, by the AUC on the videos that are named."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from tiny_world import FRAMES, World

from vadkit.data.annotations.frame_labels import read_labels
from vadkit.engines import Job, Outcome, attempt
from vadkit.errors import DataError, RecipeError
from vadkit.metrics.curves import auc
from vadkit.recipe import BoundRecipe, load_recipe
from vadkit.registry.registry import Registry
from vadkit.report.score_files import read_scores, write_labels
from vadkit.sweep.ranking import Ranked, Ranking, Split, rank, tasks_alone
from vadkit.sweep.schedule import Options

SETS = (
    'score.use=["prediction.error", "jigsaw.spatial"]',
    'score.weights={"jigsaw.spatial" = 2.0}',
    'score.also={other={use=["jigsaw.temporal"]}}',
    "phase.1.tasks.0.backbone_lr=0.1",
    "phase.2.tasks.0.from_epoch=2",
)


class Inline:
    """Carries jobs out at once, in this process."""

    slots, threads = 1, 1

    def __init__(self) -> None:
        self.done: list[Outcome] = []

    def submit(self, job: Job) -> None:
        self.done.append(attempt(job))

    def wait(self, timeout_s: float) -> list[Outcome]:
        done, self.done = self.done, []
        return done

    def close(self) -> None:
        pass


@pytest.fixture
def bound(world: World, registry: Registry) -> BoundRecipe:
    return load_recipe(world.recipe("prediction", "jigsaw", "virtual"), SETS, registry=registry)


def ranked(
    bound: BoundRecipe, folder: Path, split: str, seeds: str | None = None
) -> tuple[Ranking | None, dict[str, str]]:
    return rank(
        bound,
        folder,
        Split.parse(split),
        title="tiny",
        seeds=seeds,
        engine=Inline,
        options=Options(device="cpu"),
        tell=lambda _: None,
    )


def test_a_task_alone_keeps_its_phase_but_nothing_of_its_place(bound: BoundRecipe) -> None:
    alone = tasks_alone(bound.recipe)
    assert [one.task for one in alone] == ["prediction", "jigsaw", "virtual"]
    assert all(len(one.recipe.phase) == 1 for one in alone)
    entries = [one.recipe.phase[0].tasks[0] for one in alone]
    assert [entry.backbone_lr for entry in entries] == [None, None, None]
    assert [entry.from_epoch for entry in entries] == [1, 1, 1]


def test_its_own_scores_judge_it_or_a_head_on_its_backbone(bound: BoundRecipe) -> None:
    prediction, jigsaw, virtual = tasks_alone(bound.recipe)
    assert prediction.recipe.score.use == ("prediction.error",)
    assert jigsaw.recipe.score.use == ("jigsaw.spatial",)
    assert jigsaw.recipe.score.weights == {"jigsaw.spatial": 2.0}
    assert prediction.recipe.score.heads == jigsaw.recipe.score.heads == "trained"
    assert virtual.recipe.score.use == bound.recipe.score.use
    assert virtual.recipe.score.heads == "refit"
    assert jigsaw.judged_by == "its own jigsaw.spatial"
    assert virtual.judged_by.endswith("of a head re-fitted on its backbone")
    assert all(one.recipe.score.also == {} for one in (prediction, jigsaw, virtual))


def test_the_figures_are_those_of_the_named_videos_alone(
    bound: BoundRecipe, tmp_path: Path, undrawn: None
) -> None:
    """Against the files that the runs left."""
    found, failed = ranked(bound, tmp_path, "test[1:]")
    assert failed == {}
    assert found is not None
    assert (found.videos, found.test_videos) == (("d",), 2)
    assert sorted(found.order) == ["jigsaw", "prediction", "virtual"]
    assert [one.auc for one in found.ranked] == sorted((o.auc for o in found.ranked), reverse=True)
    for one in found.ranked:
        (run,) = (tmp_path / "sweep" / "cells").glob(f"{one.task}.*")
        scores = read_scores(run / "scores" / "d.csv").scores.smooth
        assert one.auc == auc(scores, read_labels(run / "labels" / "d.csv"))
    assert "those of test[1:], 1 of 2 test videos (d)" in found.warning()
    again, _ = ranked(bound, tmp_path, "test")  # nothing is trained again
    assert again is not None
    assert again.videos == ("c", "d")
    events = [*tmp_path.glob("sweep/cells/*/events.jsonl")]
    assert [file.read_text().count('"run_started"') for file in events] == [1, 1, 1]


def test_several_seeds_count_by_their_mean(
    bound: BoundRecipe, tmp_path: Path, undrawn: None
) -> None:
    found, _ = ranked(bound, tmp_path, "test[:1]", seeds="0,1")
    assert found is not None
    of_seeds = []
    for run in sorted((tmp_path / "sweep" / "cells").glob("jigsaw.*")):
        scores = read_scores(run / "scores" / "c.csv").scores.smooth
        of_seeds.append(auc(scores, read_labels(run / "labels" / "c.csv")))
    jigsaw = next(one for one in found.ranked if one.task == "jigsaw")
    assert len(of_seeds) == 2
    assert jigsaw.auc == pytest.approx(np.mean(of_seeds))


def test_a_split_that_cannot_rank_is_refused(
    bound: BoundRecipe, tmp_path: Path, undrawn: None
) -> None:
    with pytest.raises(DataError, match=r"test\[5:\] has none of the 2 test videos"):
        ranked(bound, tmp_path, "test[5:]")
    for file in tmp_path.glob("sweep/cells/*/labels/c.csv"):
        write_labels(file, np.zeros(FRAMES, np.uint8))
    with pytest.raises(DataError, match="All frames of c are of one class"):
        ranked(bound, tmp_path, "test[:1]")


def test_without_labels_nothing_is_ranked(
    bound: BoundRecipe, tmp_path: Path, undrawn: None
) -> None:
    ranked(bound, tmp_path, "test")
    for folder in tmp_path.glob("sweep/cells/*/labels"):
        folder.rename(folder.with_name("gone"))
    with pytest.raises(DataError, match="have no labels"):
        ranked(bound, tmp_path, "test")


def test_a_task_that_fails_is_told(bound: BoundRecipe, tmp_path: Path, undrawn: None) -> None:
    optim = bound.recipe.optim.model_copy(update={"lr": 1e30, "name": "sgd"})
    broken = bound.with_values(optim=optim)
    found, failed = ranked(broken, tmp_path, "test")
    assert found is None
    assert failed


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("test", slice(None, None, None)),
        ("test[::2]", slice(None, None, 2)),
        ("test[ 1 : -1 ]", slice(1, -1, None)),
        ("test[5::-1]", slice(5, None, -1)),
    ],
)
def test_splits(text: str, part: slice) -> None:
    assert Split.parse(text).part == part


@pytest.mark.parametrize("text", ["", "train", "test[3]", "test[::0]", "test[a:]", "test[", "Test"])
def test_what_is_no_split_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match="is no split"):
        Split.parse(text)


def test_of_equals_the_one_that_begins_first_is_first() -> None:
    equal = [Ranked(name, "", 0.5) for name in "ab"]
    assert Ranking(tuple(equal), Split.parse("test"), ("c",), 1).order == ["a", "b"]


def test_the_grid_and_its_recipes_are_there_to_be_read(
    bound: BoundRecipe, tmp_path: Path, undrawn: None
) -> None:
    ranked(bound, tmp_path, "test")
    rows = tomllib.loads((tmp_path / "tasks.toml").read_text())["row"]
    assert [row["name"] for row in rows] == ["prediction", "jigsaw", "virtual"]
    for row in rows:
        one = load_recipe(tmp_path / row["recipe"], registry=bound.registry).recipe
        assert [entry.name for entry in one.phase[0].tasks] == [row["name"]]

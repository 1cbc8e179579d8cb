"""The evaluation after a phase: which heads score, what they find, and that nothing moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_runner import same, state, tiny_runner, train, weights
from tiny_world import FRAMES, World, film, make_world, write_video
from torch.nn import functional as F

from vadkit.errors import NumericError, PluginError
from vadkit.experiment.phase_evaluation import Evaluation, evaluate_after
from vadkit.registry.registry import Registry, load_plugins
from vadkit.scoring.evidence import EvidenceScores
from vadkit.training.trainer import PhaseRunner

ODD = Path(__file__).parents[1] / "odd_tasks.py"


def evaluated(runner: PhaseRunner, number: int = 1) -> Evaluation:
    evidence = EvidenceScores(runner.data, runner.bound)
    found = evaluate_after(runner, runner.recipe.phase[number - 1], number, evidence)
    assert found is not None
    return found


def test_a_frames_score_is_that_of_its_worst_object(world: World, registry: Registry) -> None:
    """Against the formula written out: the forward prediction's squared error, unit by unit."""
    runner = tiny_runner(world.recipe(), registry, 'score.smooth.kind="none"')
    train(runner)
    found = evaluated(runner)
    proxy, model = runner.model.tasks["prediction"], runner.model.eval()
    (batch,) = runner.data.loader(
        (proxy.score_sampling,), "test", 999, seed=None, device=runner.device
    )
    clip = batch.clips
    with torch.no_grad():
        features = model.backbones["main"](clip[:, :, :4])
        predicted = model.heads["prediction"](features, {})
    errors = F.mse_loss(predicted, clip[:, :, 4:5], reduction="none").flatten(1).mean(1).numpy()
    units = runner.data.units(proxy.score_sampling, "test")
    for number, video in enumerate(units.videos):
        own = units.video == number
        wanted = [errors[own & (units.frame == frame)].max() for frame in range(FRAMES)]
        assert found.scores[video].raw == pytest.approx(wanted, rel=1e-4)
        assert np.array_equal(found.columns["prediction.error"][video], found.scores[video].raw)


def test_it_repeats_itself_and_leaves_the_model_alone(world: World, registry: Registry) -> None:
    path = world.recipe("prediction", "jigsaw")
    runner = tiny_runner(path, registry, 'score.heads="refit"')
    train(runner, 1)
    train(runner, 2)
    before = state(runner.model)
    one, other = evaluated(runner, 2), evaluated(runner, 2)
    assert one.heads == {"prediction": "refit"}
    assert same(state(runner.model), before)
    assert one.metrics == other.metrics
    assert same(state(one.model), state(other.model))
    # The copy's running statistics follow the data of the re-fit.
    assert same(weights(one.model.backbones), weights(runner.model.backbones))
    refit, stale = (of.heads["prediction"] for of in (one.model, runner.model))
    assert not same(state(refit), state(stale))


def test_a_head_that_is_not_there_yet_is_fitted_or_waited_for(
    world: World, registry: Registry
) -> None:
    path = world.recipe("jigsaw", "prediction")
    runner = tiny_runner(path, registry)
    train(runner)
    evidence = EvidenceScores(runner.data, runner.bound)
    assert evaluate_after(runner, runner.recipe.phase[0], 1, evidence) is None
    runner = tiny_runner(path, registry, 'score.heads="refit"', "score.refit_epochs=1")
    train(runner)
    found = evaluated(runner)
    assert "prediction" not in runner.model.heads
    assert found.heads == {"prediction": "refit"}
    assert found.metrics is not None


@pytest.mark.parametrize("way", ["trained", "refit"])
def test_the_tasks_learned_so_far_score(world: World, registry: Registry, way: str) -> None:
    sets = ('score.use=["prediction.error", "jigsaw.temporal"]', f'score.heads="{way}"')
    runner = tiny_runner(world.recipe("prediction", "jigsaw"), registry, *sets)
    train(runner, 1)
    first = evaluated(runner, 1)
    assert first.heads == {"prediction": "trained"}
    assert set(first.columns) == {"prediction.error"}
    assert np.array_equal(first.columns["prediction.error"]["c"], first.scores["c"].raw)
    train(runner, 2)
    second = evaluated(runner, 2)
    assert second.heads == {"prediction": way, "jigsaw": "trained"}
    assert set(second.columns) == {"prediction.error", "jigsaw.temporal"}
    # Averaged unit by unit; that the jigsaw's part is in it, its larger numbers show.
    assert (second.scores["c"].raw >= second.columns["jigsaw.temporal"]["c"] / 2).all()


def test_each_protocol_is_scored_by_its_own_tasks(world: World, registry: Registry) -> None:
    """That another protocol's task is learned takes no figure away from the main one."""
    sets = (
        'score.heads="refit"',
        "score.refit_epochs=1",
        'score.also.puzzle={use=["jigsaw.temporal"]}',
    )
    runner = tiny_runner(world.recipe("jigsaw", "prediction"), registry, *sets)
    train(runner, 1)
    found = evaluated(runner, 1)
    assert found.heads == {"prediction": "refit", "jigsaw": "trained"}
    assert found.metrics.keys() == {"main", "puzzle"}


def test_a_head_is_stale_only_where_its_own_backbone_moved(
    world: World, registry: Registry
) -> None:
    sets = ('score.heads="refit"', 'backbones={ other = { name = "unet", width = 8 } }')
    apart = '{ name = "jigsaw", backbone = "other" }'
    for entry, kind in ((apart, "trained"), ('"jigsaw"', "refit")):
        runner = tiny_runner(world.recipe("prediction", entry), registry, *sets)
        for number in (1, 2):
            train(runner, number)
        assert evaluated(runner, 2).heads == {"prediction": kind}


def test_stale_heads_are_fitted_together(
    world: World, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after another, the last would leave running statistics that are its own."""
    sets = ('score.use=["prediction.error", "jigsaw.temporal"]', 'score.heads="refit"')
    path = world.recipe("prediction", "jigsaw", "reconstruction")
    runner = tiny_runner(path, registry, *sets)
    for number in (1, 2, 3):
        train(runner, number)
    told = []
    monkeypatch.setattr(runner.progress, "phase", lambda *given: told.append(given[2]))
    assert evaluated(runner, 3).heads == {"prediction": "refit", "jigsaw": "refit"}
    assert told == ["re-fit of prediction and jigsaw"]


def test_whole_frames_score_too(world: World, registry: Registry) -> None:
    runner = tiny_runner(world.recipe("virtual", use="virtual.abnormal"), registry)
    train(runner)
    scores = evaluated(runner).scores
    assert {video: len(of.raw) for video, of in scores.items()} == {"c": FRAMES, "d": FRAMES}
    assert all(((of.raw > 0) & (of.raw < 1)).all() for of in scores.values())


def test_test_videos_without_any_object_score_zero(registry: Registry, tmp_path: Path) -> None:
    world = make_world(tmp_path)
    for name in ("c", "d"):
        (world.target / f"test/{name}.mkv").unlink()
    write_video(world.target / "test/empty.mkv", film(9)[0])
    none = f'objects.detectors=[{{name="file", path="{world.boxes}", missing="none"}}]'
    runner = tiny_runner(world.recipe(), registry, none)
    train(runner)
    found = evaluated(runner)
    assert found.scores["empty"].smooth.tolist() == [0.0] * FRAMES
    assert found.columns["prediction.error"]["empty"].tolist() == [0.0] * FRAMES
    assert found.metrics == {"main": {}}


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        ("score shape", PluginError, r"'odd\.error' has shape \(\d+, 1\) for \d+ units"),
        ("score no dict", PluginError, "Task 'odd' returned no score"),
        ("score nan", NumericError, r"odd\.error is nan in c, frame 0"),
    ],
)
def test_what_a_task_scores_wrong_is_named(
    world: World, fault: str, kind: type[Exception], message: str
) -> None:
    registry = load_plugins([ODD])
    path = world.recipe("odd", use="odd.error")
    runner = tiny_runner(path, registry, f'tasks.odd.fault="{fault}"')
    train(runner)
    with pytest.raises(kind, match=message):
        evaluated(runner)

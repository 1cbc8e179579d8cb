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
from vadkit.experiment import phase_evaluation
from vadkit.experiment.phase_evaluation import Evaluation, evaluate_after
from vadkit.experiment.task_scores import TaskScores
from vadkit.registry.registry import Registry, load_plugins
from vadkit.runs.tensors import unique_state
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
    proxy, model = runner.model.tasks["prediction"], found.model
    (batch,) = runner.data.loader(
        (proxy.score_sampling,), "test", 999, seed=None, device=runner.device
    )
    clip = batch.clips
    with torch.no_grad():
        features = model.backbones["prediction"](clip[:, :, :4])
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
    scoring, trained = one.model.backbones["prediction"], runner.model.backbones["main"]
    assert same(weights(scoring), weights(trained))
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


def snapshots(world: World, registry: Registry, *tasks: str) -> PhaseRunner:
    use = 'score.use=["prediction.error", "jigsaw.temporal"]'
    sets = (use, 'score.heads="snapshot"', 'score.calibrate={ kind = "tail" }')
    return tiny_runner(world.recipe(*tasks), registry, *sets)


def test_a_snapshot_scores_as_its_phase_left_it(world: World, registry: Registry) -> None:
    """Bit for bit as in a run that ended there."""
    runner = snapshots(world, registry, "prediction", "jigsaw", "reconstruction")
    train(runner, 1)
    first = evaluated(runner, 1)
    train(runner, 2)
    train(runner, 3)
    last = evaluated(runner, 3)
    assert last.heads == {"prediction": "snapshot", "jigsaw": "snapshot"}
    for video, column in first.columns["prediction.error"].items():
        assert np.array_equal(last.columns["prediction.error"][video], column)
    usual = [of.normal["prediction"].scores["prediction.error"] for of in (first, last)]
    assert np.array_equal(*usual)
    for part in ("backbones", "heads"):
        then, now = (state(getattr(of.model, part)["prediction"]) for of in (first, last))
        assert same(then, now)
    moved, kept = runner.model.backbones["main"], last.model.backbones["prediction"]
    assert not same(weights(moved), weights(kept))


def test_a_snapshot_survives_that_its_phases_are_restored(world: World, registry: Registry) -> None:
    trained, restored = (snapshots(world, registry, "prediction", "jigsaw") for _ in range(2))
    for number in (1, 2):
        train(trained, number)
        weights_then = unique_state(trained.model)
        restored.restore(restored.recipe.phase[number - 1], number, weights_then)
    assert evaluated(restored, 2).metrics == evaluated(trained, 2).metrics
    assert same(state(evaluated(restored, 2).model), state(evaluated(trained, 2).model))


def test_what_is_known_of_a_snapshot_is_not_made_again(
    world: World, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = snapshots(world, registry, "prediction", "jigsaw")
    scored: list[str] = []
    score = phase_evaluation.task_scores
    monkeypatch.setattr(
        phase_evaluation, "task_scores", lambda *given: scored.append(given[1]) or score(*given)
    )
    snapshot_scores: dict[str, TaskScores] = {}
    evidence = EvidenceScores(runner.data, runner.bound)
    for number in (1, 2):
        train(runner, number)
        evaluation = evaluate_after(
            runner, runner.recipe.phase[number - 1], number, evidence, snapshot_scores
        )
    assert scored == ["prediction", "jigsaw"]
    assert evaluation is not None
    anew = evaluated(runner, 2)
    assert evaluation.metrics == anew.metrics
    assert same(state(evaluation.model), state(anew.model))


@pytest.mark.parametrize("way", ["trained", "refit", "snapshot"])
def test_statistics_of_batch_norm_are_those_of_the_task_that_scores(
    world: World, registry: Registry, way: str
) -> None:
    """Those of prediction's clips, and not of what came after; weights stay those of training."""
    runner = snapshots(world, registry, "prediction", "jigsaw")
    score = runner.recipe.score.model_copy(update={"heads": way, "refit_epochs": 1})
    runner.bound = runner.bound.with_values(score=score)
    train(runner, 1)
    train(runner, 2)
    evaluation = evaluated(runner, 2)
    first = {task: backbone.stem[1] for task, backbone in evaluation.model.backbones.items()}
    assert not torch.equal(first["prediction"].running_mean, first["jigsaw"].running_mean)
    sampling = runner.model.tasks["prediction"].score_sampling
    loader = runner.data.loader(
        (sampling,),
        "train",
        999,
        seed=None,
        device=runner.device,
        rows=runner.data.inside(sampling, "train"),
    )
    (batch,) = loader
    with torch.no_grad():
        seen = evaluation.model.backbones["prediction"].stem[0](batch.clips[:, :, :4])
    means = seen.mean((0, 2, 3)).numpy()
    assert first["prediction"].running_mean.numpy() == pytest.approx(means, rel=1e-4)

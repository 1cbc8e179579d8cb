"""Scoring any video with a run: as the run itself would, and one bad video among others."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_world import FRAMES, World, film, write_video

from vadkit.cli import execute
from vadkit.data.dataset import Video
from vadkit.data.video.open_video import open_video
from vadkit.errors import DataError, RecipeError
from vadkit.experiment.run import run
from vadkit.recipe import file_detector, load_recipe
from vadkit.registry.registry import Registry
from vadkit.report.score_files import read_scores
from vadkit.runs.bundle import WEIGHTS, read_bundle, write_bundle
from vadkit.runs.folder import RunFolder
from vadkit.score import Scorer, score_videos


@pytest.fixture
def scorer(done: Path, registry: Registry) -> Scorer:
    return Scorer.of_run(RunFolder.open(done), registry)


def test_a_test_video_scores_as_it_did_in_the_run(done: Path, scorer: Scorer, world: World) -> None:
    table = scorer.score(Video("c", world.target / "test/c.mkv", "test"))
    wanted = read_scores(done / "scores/c.csv")
    # Batches are cut elsewhere, and convolutions of other batches round otherwise.
    assert table.scores.raw == pytest.approx(wanted.scores.raw, rel=1e-5)
    assert table.scores.smooth == pytest.approx(wanted.scores.smooth, rel=1e-5)
    assert table.times == pytest.approx(wanted.times, abs=1e-5)
    assert set(table.tasks) == {"prediction.error", "prediction.unexplained"}


def test_calibration_travels_with_the_model(
    world: World, registry: Registry, tmp_path: Path
) -> None:
    sets = ('score.calibrate={ kind = "quantile", among = 20 }', 'score.normalise="video"')
    uses = ("prediction.error", "prediction.unexplained", "virtual.abnormal")
    recipe = load_recipe(
        world.recipe("prediction", "virtual", use='", "'.join(uses)), sets, registry=registry
    )
    folder = RunFolder(run(recipe, out=tmp_path / "run"))
    table = Scorer.of_run(folder, registry).score(Video("c", world.target / "test/c.mkv", "test"))
    wanted = read_scores(folder.scores / "c.csv")
    # Other batches round otherwise, by which a rank among twenty may change here and there.
    off = np.abs(table.scores.raw - wanted.scores.raw)
    assert np.median(off) < 1e-4
    assert off.max() < np.log(2)
    assert table.scores.raw.max() > np.log(2)


def test_whole_frames_need_no_detector(
    world: World, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = load_recipe(world.recipe("virtual", use="virtual.abnormal"), registry=registry)
    folder = RunFolder(run(recipe, out=tmp_path / "run"))
    monkeypatch.setattr("vadkit.data.video_pass.detect", None)
    table = Scorer.of_run(folder, registry).score(Video("x", world.target / "test/c.mkv", "test"))
    wanted = read_scores(folder.scores / "c.csv")
    assert table.scores.raw == pytest.approx(wanted.scores.raw, rel=1e-4)


def test_a_video_without_objects_scores_zero(
    done: Path, registry: Registry, tmp_path: Path
) -> None:
    write_video(tmp_path / "still.mkv", [film(5)[0][0]] * 12)
    motion = load_recipe("smoke", registry=registry).recipe.objects.detectors
    scorer = Scorer.of_run(RunFolder.open(done), registry, detectors=motion)
    table = scorer.score(Video("still", tmp_path / "still.mkv", "test"))
    assert table.scores.smooth.tolist() == [0.0] * 12


def test_tables_and_plots_of_every_video_that_can_be_read(
    scorer: Scorer, world: World, tmp_path: Path
) -> None:
    other = tmp_path / "other/c.mkv"
    other.parent.mkdir()
    shutil.copy(world.target / "test/c.mkv", other)
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(b"no video")
    sources = [world.target / "test/c.mkv", broken, other]
    written, failed = score_videos(sources, scorer, tmp_path / "out")
    assert [path.parent.name for path in written] == ["test", "other"]
    assert [path.name for path in written] == ["c.csv", "c.csv"]
    one, two = (read_scores(path) for path in written)
    assert np.array_equal(one.scores.raw, two.scores.raw)
    assert len(one.scores.raw) == FRAMES
    assert all(path.with_suffix(".png").stat().st_size > 1000 for path in written)
    (error,) = failed
    assert "broken.mkv" in error.message


@pytest.mark.parametrize("words", [[], ["--fps", "4"]], ids=["unknown", "given"])
def test_the_rate_of_frames_is_given_or_missed(
    done: Path, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    source = tmp_path / "c"
    source.mkdir()
    for frame in open_video(world.target / "test/c.mkv").frames():
        cv2.imwrite(str(source / f"{frame.index}.png"), frame.image)
    options = ["--run", str(done), "--out", str(tmp_path / "out"), "--any-camera", *words]
    assert execute(["score", str(source), *options]) == 0
    times = read_scores(tmp_path / "out/c.csv").times
    assert len(times) == FRAMES
    missed = "c: time_s is empty: nobody says how many frames a second it has (--fps)"
    assert (missed in capsys.readouterr().err) is (not words)
    assert np.isnan(times).all() if not words else times.tolist() == [n / 4 for n in range(FRAMES)]


def test_boxes_of_ones_own(done: Path, registry: Registry, world: World, tmp_path: Path) -> None:
    header, *rows = world.boxes.read_text().splitlines()
    path = tmp_path / "boxes.csv"
    path.write_text("\n".join([header, *(row for row in rows if row.startswith("c,3,"))]))
    scorer = Scorer.of_run(RunFolder.open(done), registry, detectors=[file_detector(path)])
    table = scorer.score(Video("c", world.target / "test/c.mkv", "test"))
    assert np.flatnonzero(table.scores.raw).tolist() == [3]


def test_other_tasks_need_not_be_installed_any_more(
    done: Path, registry: Registry, world: World
) -> None:
    fewer = Registry(tuple(p for p in registry.plugins if p.name not in ("jigsaw", "virtual")))
    scorer = Scorer.of_run(RunFolder.open(done), fewer)
    assert list(scorer.model.tasks) == ["prediction"]


@pytest.mark.parametrize("change", ["weights", "recipe"])
def test_a_model_of_another_version_says_what_to_do(
    done: Path, registry: Registry, tmp_path: Path, change: str
) -> None:
    old = Path(shutil.copytree(done, tmp_path / "old"))
    bundle = read_bundle(old / "model")
    weights, state = dict(bundle.weights), dict(bundle.state)
    if change == "weights":
        weights.pop(next(iter(weights)))
    else:
        state["recipe"] = state["recipe"] | {"gone": 1}
    write_bundle(old / "model", {WEIGHTS: weights}, state)
    with pytest.raises(DataError, match=r"old/model was saved by another version .* run the recip"):
        Scorer.of_run(RunFolder.open(old), registry)


def test_a_run_without_a_model_is_named(done: Path, registry: Registry, tmp_path: Path) -> None:
    half = tmp_path / "half"
    shutil.copytree(done, half, ignore=shutil.ignore_patterns("model"))
    with pytest.raises(DataError, match=r"model.MANIFEST\.json"):
        Scorer.of_run(RunFolder.open(half), registry)
    with pytest.raises(RecipeError):
        RunFolder.open(tmp_path)

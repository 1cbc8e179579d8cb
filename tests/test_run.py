"""A run from recipe to run folder: what it leaves behind, and that a seed decides all of it."""

import csv
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from installed import optional_libraries
from tiny_world import FRAMES, ODD, WIDTH, World, film, make_world, write_video

from vadkit.cli.training import say_summary
from vadkit.data.dataset import Video
from vadkit.errors import NumericError
from vadkit.experiment.run import run
from vadkit.recipe import Smooth, load_recipe
from vadkit.recipe.baselines import baselines
from vadkit.registry.registry import Registry, load_plugins
from vadkit.report.score_files import read_scores
from vadkit.runs.events import read_events
from vadkit.runs.folder import RunFolder
from vadkit.score import Scorer

PHASES = ("prediction", "jigsaw", "virtual")
TEACHER = '''
import odd_tasks
from vadkit.api import Need, NoOptions, Sampling, TaskCard, Teacher, TeacherCard, hookimpl

class Long(Teacher):
    """Reads more frames around an object than the task does."""
    def forward(self, clips):
        assert clips.shape[2] == 7
        return clips.mean(dim=(3, 4)).flatten(1)

@hookimpl
def vadkit_teachers():
    return [TeacherCard(name="long", summary="x", role="imagenet", load="object_teacher:Long",
                        sampling=lambda _: Sampling(unit="object", frames=7))]

@hookimpl
def vadkit_tasks():
    return [TaskCard(name="needy", summary="x", level="visual", config=odd_tasks.Config, api=2,
                     load="odd_tasks:Odd", sampling=lambda _: Sampling(frames=1),
                     needs=lambda _: (Need(role="imagenet"),))]
'''
ODD_TASKS = Path(__file__).with_name("odd_tasks.py")


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "model/weights.safetensors").read_bytes()).hexdigest()


def metrics(folder: Path, *, timeless: bool = False) -> dict:
    found = json.loads((folder / "metrics.json").read_text())
    if timeless:
        for of_phase in found["phases"]:
            del of_phase["seconds"]
    return found


def test_metrics_hold_every_phase_and_the_baselines(done: Path) -> None:
    found = metrics(done)
    assert found["schema_version"] == 2
    assert [of["name"] for of in found["phases"]] == list(PHASES)
    assert all(0 <= of["auc"]["micro"] <= 1 for of in found["phases"])
    assert found["phases"][-1]["auc"] == found["auc"]
    assert found["frames"] == 2 * FRAMES
    # Whoever draws the anomaly larger than everybody can be found by size alone.
    assert found["baselines"]["largest box"]["micro"] == 1
    assert set(found["baselines"]) == {*baselines(), "number of boxes"}
    assert len(found["protocol"]["hash"]) == 12
    assert found["protocol"]["smooth"]["window"] == 17
    assert found["scorer"]["use"] == ["prediction.error"]
    assert found["data"]["target/test/object"]["frames_without_boxes"] == 0
    assert (found["seed"], found["threads"], found["device"]) == (0, 1, "cpu")


def test_nothing_is_prepared_that_no_task_reads(done: Path) -> None:
    read = {place for place in metrics(done)["data"] if "/" in place}
    assert read == {"target/train/object", "target/test/object", "virtual/train/frame"}


def test_every_frame_has_a_score(done: Path) -> None:
    assert sorted(path.name for path in (done / "scores").iterdir()) == ["c.csv", "d.csv"]
    for path in (done / "scores").iterdir():
        table = read_scores(path)
        assert len(table.scores.smooth) == FRAMES
        assert table.times == pytest.approx(np.arange(FRAMES) / 25, abs=1e-3)
        assert np.array_equal(table.tasks["prediction.error"], table.scores.raw)


def test_every_object_has_a_score_and_the_frames_is_the_highest(
    world: World, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vadkit.experiment.phase_evaluation.ALONG_LINKS", Smooth(kind="none"))
    folder = run(load_recipe(world.recipe(), registry=registry), out=tmp_path / "run", device="cpu")
    for path in (folder / "regions").iterdir():
        rows = list(csv.DictReader(path.read_text().splitlines()))
        raw = read_scores(folder / "scores" / path.name).scores.raw
        highest = np.zeros(FRAMES)
        for row in rows:
            highest[int(row["frame"])] = max(highest[int(row["frame"])], float(row["score"]))
        assert len(rows) == 2 * FRAMES + len(ODD)
        assert highest == pytest.approx(raw)
    assert metrics(folder)["rbdc"] is None  # nobody knows where the anomalies are


def test_objects_are_smoothed_along_their_links(done: Path) -> None:
    """What is the highest of all stands out less than before."""
    for path in (done / "regions").iterdir():
        rows = list(csv.DictReader(path.read_text().splitlines()))
        raw = read_scores(done / "scores" / path.name).scores.raw
        assert max(float(row["score"]) for row in rows) < raw.max()


def test_where_tracks_are_known_it_is_said_how_many_are_found(
    world: World, registry: Registry, tmp_path: Path
) -> None:
    shutil.copytree(world.root, tmp_path / "world")
    folder = tmp_path / "world/target/tracks"
    folder.mkdir()
    for name in "cd":
        rows = [f"1,big,{frame},20,12,44,36" for frame in ODD]
        (folder / f"{name}.csv").write_text("\n".join(["track,kind,frame,x1,y1,x2,y2", *rows]))
    recipe = load_recipe(World(tmp_path / "world").recipe(), registry=registry)
    found = metrics(run(recipe, out=tmp_path / "run", device="cpu"))
    assert found["regions"]["regions"] == 2 * len(ODD)
    assert found["regions"]["tracks"] == 2
    assert not found["regions"]["derived"]
    assert 0 < found["rbdc"] <= found["tbdc"] <= 1


def test_plots_history_and_checkpoints_are_there(done: Path) -> None:
    plots = {path.name for path in (done / "plots").iterdir()}
    assert plots == {"c.png", "d.png", "overview.png", "phases.png", "losses.png"}
    for number, name in enumerate(PHASES, start=1):
        folder = done / f"phases/{number:02d}-{name}"
        with (folder / "history.csv").open() as lines:
            (row,) = csv.DictReader(lines)
        assert row["epoch"] == "1"
        assert all(column.startswith(f"{name}.") for column in list(row)[1:])
        assert (folder / "e0001/MANIFEST.json").is_file()


def test_events_tell_the_phases_in_order(done: Path) -> None:
    events = [event["event"] for event in read_events(done / "events.jsonl")]
    of_phase = ["phase_started", "epoch_saved", "phase_trained", "phase_evaluated"]
    written = [f"{what}_written" for what in ("scores", "metrics", "model", "plots")]
    assert events == ["run_started", *of_phase * 3, *written, "run_done"]


def test_the_resolved_recipe_says_the_same(done: Path, world: World, registry: Registry) -> None:
    again = load_recipe(done / "resolved.toml", registry=registry)
    assert again.recipe == load_recipe(world.recipe(*PHASES), registry=registry).recipe


def test_the_recipe_is_kept_as_it_was_given(
    world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    source = world.recipe("prediction")
    source.write_text("# what we thought of it\n" + source.read_text())
    recipe = load_recipe(source, ("seed=3",), registry=registry)
    folder = run(recipe, out=tmp_path / "run", source=source)
    assert (folder / "recipe.toml").read_text() == source.read_text()
    assert "seed = 3" in (folder / "resolved.toml").read_text()


def test_what_teachers_of_objects_read_is_cut_with_the_rest(
    world: World, tmp_path: Path, undrawn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    (tmp_path / "object_teacher.py").write_text(TEACHER)
    registry = load_plugins([tmp_path / "object_teacher.py"])
    path = world.recipe("needy", use="needy.error")
    recipe = load_recipe(path, ['teachers.imagenet={ name = "long" }'], registry=registry)
    folder = run(recipe, out=tmp_path / "run")
    clips = (tmp_path / "home/stores").glob("*/*/*/arrays.npz")
    of_units = [path for path in clips if "boxes" in np.load(path).files]
    assert len(of_units) == 4  # videos; units cut for the teacher alone would be as many more
    scorer, c = Scorer.of_run(RunFolder(folder), registry), world.target / "test/c.mkv"
    table, wanted = scorer.score(Video("c", c, "test")), read_scores(folder / "scores/c.csv")
    assert table.scores.raw == pytest.approx(wanted.scores.raw, rel=1e-4)


def test_one_seed_gives_the_same_bits(
    done: Path, world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    recipe = load_recipe(world.recipe(*PHASES), registry=registry)
    again = run(recipe, out=tmp_path / "again")
    assert digest(again) == digest(done)
    assert metrics(again, timeless=True) == metrics(done, timeless=True)
    other = run(recipe.with_values(seed=1), out=tmp_path / "other")
    assert digest(other) != digest(done)


def test_how_it_is_scored_never_changes_the_training(
    done: Path, world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    sets = ('score.heads="refit"', "score.refit_epochs=1", "score.smooth.window=3")
    recipe = load_recipe(world.recipe(*PHASES), sets, registry=registry)
    refit = run(recipe, out=tmp_path / "refit")
    for number, name in enumerate(PHASES, start=1):
        weights = f"phases/{number:02d}-{name}/e0001/weights.safetensors"
        assert (refit / weights).read_bytes() == (done / weights).read_bytes()
    found = metrics(refit)
    heads = [of["heads"]["prediction"] for of in found["phases"]]
    assert heads == ["trained", "refit", "refit"]
    assert found["protocol"]["hash"] != metrics(done)["protocol"]["hash"]
    assert digest(refit) != digest(done)


def test_further_protocols_stand_beside_the_main_one(
    done: Path, world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    sets = (
        'score.also.twin={use=["prediction.error"]}',
        'score.also.later={use=["jigsaw.temporal"], normalise="video"}',
    )
    recipe = load_recipe(world.recipe("prediction", "jigsaw"), sets, registry=registry)
    found = metrics(run(recipe, out=tmp_path / "run"))
    first, second = found["phases"]
    mains = [of["auc"] for of in metrics(done)["phases"]]
    assert [first["auc"], second["auc"]] == mains[:2]
    assert [of["also"]["twin"]["auc"] for of in (first, second)] == mains[:2]
    assert "later" not in first["also"]
    assert 0 <= second["also"]["later"]["auc"]["micro"] <= 1
    assert {name: of["auc"] for name, of in found["also"].items()} == {
        name: of["auc"] for name, of in second["also"].items()
    }
    own = found["also"]["later"]
    assert (own["scorer"]["use"], own["protocol"]["normalise"]) == (["jigsaw.temporal"], "video")
    main, twin = found["protocol"], found["also"]["twin"]["protocol"]
    assert own["protocol"]["hash"] != main["hash"] == twin["hash"]


def test_a_curriculum_in_another_order_is_scored_once_it_can_be(
    world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    recipe = load_recipe(world.recipe("jigsaw", "prediction"), registry=registry)
    first, second = metrics(run(recipe, out=tmp_path / "run"))["phases"]
    assert first["auc"] is first["heads"] is None
    assert second["auc"] is not None


def test_odd_test_videos(registry: Registry, tmp_path: Path) -> None:
    """A video shorter than the clip, one without objects; no labels, so no AUC."""
    world = make_world(tmp_path)
    (world.target / "labels/c.npy").unlink()
    (world.target / "labels/d.npy").unlink()
    images, _ = film(9, frames=6)
    write_video(world.target / "test/short.mkv", images[:3])
    write_video(world.target / "test/empty.mkv", images)
    with world.boxes.open("a") as file:
        file.writelines(f"short,{frame},2,6,14,22,0.9\n" for frame in range(3))
    sets = (f'objects.detectors=[{{name="file", path="{world.boxes}", missing="none"}}]',)
    recipe = load_recipe(world.recipe("prediction"), sets, registry=registry)
    out = run(recipe, out=tmp_path / "run")
    found = metrics(out)
    assert found.get("auc") is None
    assert found["baselines"] == {}
    assert found["data"]["target/test/object"]["videos_shorter_than_clip"] == 2
    assert found["data"]["target/test/object"]["videos_without_units"] == 1
    assert found["data"]["target/test/object"]["frames_without_boxes"] == 6
    short, empty = (read_scores(out / f"scores/{name}.csv") for name in ("short", "empty"))
    assert len(short.scores.raw) == 3
    assert (short.scores.raw > 0).all()
    assert empty.scores.raw.tolist() == empty.scores.smooth.tolist() == [0.0] * 6


def test_only_the_last_phase_is_scored_if_no_more_is_asked(
    world: World, registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    sets = ("score.every_phase=false",)
    recipe = load_recipe(world.recipe("prediction", "jigsaw"), sets, registry=registry)
    first, second = metrics(run(recipe, out=tmp_path / "run"))["phases"]
    assert first["auc"] is None
    assert second["auc"] is not None


def test_a_phase_without_epochs_trains_nothing(
    world: World, registry: Registry, tmp_path: Path
) -> None:
    sets = ("phase.1.epochs=0",)
    recipe = load_recipe(world.recipe("prediction", "jigsaw"), sets, registry=registry)
    one, two = metrics(run(recipe, out=tmp_path / "run"))["phases"]
    assert one["auc"] == two["auc"]


def test_a_loss_that_turns_nan_keeps_the_epoch_before(world: World, tmp_path: Path) -> None:
    registry = load_plugins([ODD_TASKS])
    path = world.recipe('"prediction", { name = "odd", from_epoch = 2 }')
    sets = ("phase.0.epochs=3", 'tasks.odd.fault="nan"')
    recipe = load_recipe(path, sets, registry=registry)
    message = r"Phase 1, epoch 2, step 1: the loss 'odd\.error' is nan"
    with pytest.raises(NumericError, match=message) as error:
        run(recipe, out=tmp_path / "run")
    assert error.value.exit_code == 6
    (folder,) = (tmp_path / "run/phases").iterdir()
    assert [path.name for path in folder.glob("e*")] == ["e0001"]
    assert (folder / "history.csv").read_text().count("\n") == 2


def test_whole_frames_say_where_by_the_regions_of_their_error_maps(
    registry: Registry, tmp_path: Path, undrawn: None
) -> None:
    world = make_world(tmp_path)
    (world.target / "tracks").mkdir()
    for name in ("c", "d"):  # the anomaly, where film() draws it
        rows = [f"1,giant,{frame},20,12,44,36" for frame in ODD]
        table = "\n".join(["track,kind,frame,x1,y1,x2,y2", *rows])
        (world.target / f"tracks/{name}.csv").write_text(table)
    sets = ('backbone={name="pyramid", encoder="resnet10t", depth=2}',)
    path = world.recipe("future_segmentation", use="future_segmentation.error")
    with optional_libraries():
        folder = run(load_recipe(path, sets, registry=registry), out=tmp_path / "run")
    with (folder / "regions/c.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert {int(row["frame"]) for row in rows} == set(range(FRAMES))
    assert all(0 <= float(row["x1"]) < float(row["x2"]) <= WIDTH for row in rows)
    found = metrics(folder)
    assert found["regions"]["detections"] >= 2 * FRAMES
    assert not found["regions"]["derived"]
    assert 0 <= found["rbdc"] <= 1
    assert found["regions"]["tracks"] == 2


def test_the_oracle_keeps_the_epoch_that_the_test_labels_like_best_and_says_so(
    world: World, registry: Registry, tmp_path: Path, undrawn: None, capsys
) -> None:
    path = world.recipe("prediction")

    def trained(name: str, *sets: str) -> Path:
        every = ("optim.lr=0.02", 'optim.schedule="constant"', *sets)
        recipe = load_recipe(path, every, registry=registry)
        return run(recipe, out=tmp_path / name)

    last = [trained(f"last-{epochs}", f"phase.0.epochs={epochs}") for epochs in (1, 2, 3, 4)]
    folder = trained("oracle", "phase.0.epochs=4", "score.oracle=true")
    reached = [metrics(of)["auc"]["micro"] for of in last]
    assert len(set(reached)) > 1
    assert metrics(folder)["auc"]["micro"] == max(reached)
    assert metrics(folder)["protocol"]["checkpoint"].startswith("oracle: ")
    say_summary(folder)
    assert "ORACLE: the epochs were chosen by the test labels" in capsys.readouterr().out

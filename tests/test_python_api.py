"""The Python API: what is imported, runs, scores of files and frames, figures, errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_world import FRAMES, World, film

import vadkit
from vadkit.api import open_video
from vadkit.cli import execute

ALARMS = [f"false_alarms_{level}" for level in (50, 75, 90)]
HEAVY = {"torch", "numpy", "pydantic", "cv2", "av", "rich", "typer"}


@pytest.fixture(scope="module")
def finished(done: Path) -> vadkit.Run:
    """The run of prediction, jigsaw and virtual."""
    return vadkit.load_run(done, device="cpu")


def imported(code: str) -> set[str]:
    """Top-level packages that are imported after some code."""
    code = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split())


def test_importing_vadkit_is_light() -> None:
    assert imported("import vadkit; dir(vadkit)") & HEAVY == set()


def test_torch_waits_for_what_needs_it() -> None:
    code = "import vadkit; vadkit.load_recipe('smoke'); vadkit.evaluate([0, 1], [0, 1])"
    assert "torch" not in imported(code)


def test_no_module_takes_the_place_of_a_name() -> None:
    modules = {path.stem for path in Path(vadkit.__file__).parent.iterdir()}
    assert modules & set(vadkit.__all__) == set()


def test_a_recipe_is_changed_with_python_values() -> None:
    sets = {"optim.batch": 5, "score.use": ["jigsaw.spatial"], "phase.0.epochs": 0}
    recipe = vadkit.load_recipe("smoke", sets).recipe
    assert (recipe.optim.batch, recipe.score.use) == (5, ("jigsaw.spatial",))
    assert recipe.phase[0].epochs == 0
    texts = ["optim.batch=5", "score.use=['jigsaw.spatial']", "phase.0.epochs=0"]
    assert vadkit.load_recipe("smoke", texts).recipe == recipe


def test_data_and_boxes_are_bound(world: World) -> None:
    data = {"folder": world.target}
    recipe = vadkit.load_recipe("smoke", data=data, boxes=str(world.boxes)).recipe
    assert (recipe.data["target"].dataset, recipe.data["target"].path) == ("folder", world.target)
    assert [detector.name for detector in recipe.objects.detectors] == ["file"]


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ({"optim.bach": 5}, "batch"),
        ({"optim.batch": "many"}, "optim.batch"),
        ({"optim.batch": None}, "None"),
        ({"optim..batch": 5}, "no key.path"),
    ],
)
def test_a_wrong_change_is_refused(sets: dict[str, object], message: str) -> None:
    with pytest.raises(vadkit.VadkitError, match=message):
        vadkit.load_recipe("smoke", sets)


def test_two_targets_are_refused() -> None:
    with pytest.raises(vadkit.VadkitError, match="the target is one"):
        vadkit.load_recipe("smoke", data={"ped2": "a", "avenue": "b"})


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError('on purpose')\n")
    with pytest.raises(vadkit.VadkitError, match="on purpose"):
        vadkit.load_recipe("smoke", plugins=[tmp_path / "broken.py"])


def test_a_broken_installed_plugin_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "broken-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[vadkit]\nbroken = broken_plugin\n")
    (tmp_path / "broken_plugin.py").write_text("raise RuntimeError('on purpose')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.warns(UserWarning, match="Broken plugins: broken"):
        vadkit.load_recipe("smoke")


@pytest.mark.usefixtures("undrawn")
def test_a_run_is_silent_if_asked_and_goes_on(
    world: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    recipe = vadkit.load_recipe(world.recipe("prediction"))
    run = vadkit.run(recipe, tmp_path / "run", device="cpu", progress=False)
    again = vadkit.run(recipe, tmp_path / "run", device="cpu", resume=True, progress=False)
    assert capfd.readouterr() == ("", "")
    assert again.metrics == run.metrics
    assert run.recipe.recipe == recipe.recipe
    with pytest.raises(vadkit.VadkitError, match="holds a run already"):
        vadkit.run(recipe, tmp_path / "run", device="cpu")


@pytest.mark.parametrize("device", ["toaster", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(
    device: str, world: World, done: Path, tmp_path: Path
) -> None:
    recipe = vadkit.load_recipe(world.recipe("prediction"))
    with pytest.raises(vadkit.VadkitError, match=device):
        vadkit.run(recipe, tmp_path / "run", device=device)
    assert not (tmp_path / "run").exists()
    with pytest.raises(vadkit.VadkitError, match=device):
        vadkit.load_run(done, device=device).score(world.target / "test/c.mkv")


def test_figures_are_those_of_the_file(finished: vadkit.Run) -> None:
    metrics = finished.metrics
    keys = ["micro", "macro_skipped", "macro_padded", "eer", "ap", *ALARMS, "rbdc", "tbdc"]
    assert list(metrics.figures) == keys
    assert metrics.figures["micro"] == metrics.tree()["auc"]["micro"]
    assert list(metrics.phases[0].figures) == keys[:8]


def test_an_unfinished_run_has_no_figures(done: Path, world: World, tmp_path: Path) -> None:
    (tmp_path / "env.json").write_text((done / "env.json").read_text())
    run = vadkit.load_run(tmp_path)
    with pytest.raises(vadkit.VadkitError, match="not finished"):
        _ = run.metrics
    with pytest.raises(vadkit.VadkitError, match="not finished"):
        run.scores()
    with pytest.raises(vadkit.VadkitError, match="model"):
        run.score(world.target / "test/c.mkv")


def test_a_file_scores_as_in_the_run(finished: vadkit.Run, world: World) -> None:
    table, in_run = finished.score(str(world.target / "test/c.mkv")), finished.scores()["c"]
    # Batches are cut elsewhere, and convolutions of other batches round otherwise.
    assert table.scores.raw == pytest.approx(in_run.scores.raw, rel=1e-5)
    assert table.times == pytest.approx(in_run.times, abs=1e-5)


def test_frames_score_as_their_file(finished: vadkit.Run, world: World) -> None:
    path = world.target / "test/c.mkv"
    from_file = finished.score(path, fps=20)
    frames = np.stack([frame.image for frame in open_video(path).frames()])  # (T, H, W, 1)
    for images in (frames, frames[..., 0], (image.repeat(3, axis=2) for image in frames)):
        table = finished.score(images, fps=20, name="c")  # the file of boxes has a video c
        assert table.scores.raw == pytest.approx(from_file.scores.raw, rel=1e-5)
        assert table.times.tolist() == from_file.times.tolist()
    assert np.isnan(finished.score(frames, name="c").times).all()


def test_boxes_may_be_read_from_elsewhere(done: Path, world: World, tmp_path: Path) -> None:
    lines = world.boxes.read_text().splitlines()
    rows = [line.replace("c,", "other,", 1) for line in lines[1:] if line.startswith("c,")]
    (tmp_path / "boxes.csv").write_text("\n".join([lines[0], *rows]))
    run = vadkit.load_run(done, boxes=tmp_path / "boxes.csv", device="cpu")
    table = run.score(film(2, frames=FRAMES)[0], name="other")
    assert len(table.scores.raw) == FRAMES


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "has no frames"),
        (np.zeros((2, 8, 8)), "frame 0 has the type float64"),
        (np.zeros((2, 8), np.uint8), r"frame 0 has the shape \(8,\)"),
        (np.zeros((2, 8, 8, 4), np.uint8), r"frame 0 has the shape \(8, 8, 4\)"),
        ([np.zeros((48, 64), np.uint8), np.zeros((48, 65), np.uint8)], "frame 1 has the shape"),
    ],
)
def test_what_is_no_frame_is_refused(
    finished: vadkit.Run, frames: list[np.ndarray], message: str
) -> None:
    with pytest.raises(vadkit.VadkitError, match=message):
        finished.score(frames, name="c")


def test_a_missing_file_is_refused(finished: vadkit.Run, tmp_path: Path) -> None:
    with pytest.raises(vadkit.VadkitError, match=r"gone\.mp4"):
        finished.score(tmp_path / "gone.mp4")


def test_damage_is_a_warning(finished: vadkit.Run, world: World, tmp_path: Path) -> None:
    import cv2

    frames = open_video(world.target / "test/c.mkv").frames()
    folder = tmp_path / "c"
    folder.mkdir()
    for frame in frames:
        cv2.imwrite(str(folder / f"{frame.index:03}.png"), frame.image)
    (folder / "007.png").write_bytes(b"no image")
    with pytest.warns(UserWarning, match=r"007\.png"):
        finished.score(folder)


def test_own_scores_are_evaluated() -> None:
    figures = vadkit.evaluate(np.array([0.1, 0.9, 0.4, 0.5]), [0, 1, 0, 1])
    assert figures.figures["micro"] == 1.0
    assert (figures.frames, figures.anomalous) == (4, 2)
    assert figures.per_video["video"].auc == 1.0
    assert "no times" in figures.notes[0]
    timed = vadkit.evaluate([0.1, 0.9, 0.4, 0.5], [0, 1, 0, 1], times=[0, 1, 2, 3])
    assert [timed.figures[key] for key in ALARMS] == [0, 0, 0]
    assert not timed.notes


def test_the_figures_of_a_run_are_made_again(finished: vadkit.Run) -> None:
    scores = {name: table.scores.smooth for name, table in finished.scores().items()}
    times = {name: table.times for name, table in finished.scores().items()}
    figures = vadkit.evaluate(scores, finished.labels(), times=times)
    of_frames = {key: finished.metrics.figures[key] for key in figures.figures}
    assert figures.figures == of_frames
    assert figures.intervals == finished.metrics.intervals


def test_a_protocol_is_that_of_the_command(
    finished: vadkit.Run, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = {name: table.scores.raw for name, table in finished.scores().items()}
    figures = vadkit.evaluate(scores, finished.labels(), "jigsaw")
    options = [f"--{name}={finished.path / name}" for name in ("scores", "labels")]
    assert execute(["evaluate", "frames", *options, "--protocol=jigsaw", "--json"]) == 0
    shown = capsys.readouterr().out
    assert repr(figures.figures["micro"]) in shown
    assert figures.protocol.hash in shown


@pytest.mark.parametrize(
    ("scores", "labels", "protocol", "message"),
    [
        ({"a": [1, 2]}, {"b": [0, 1]}, None, "No labels for 1 video"),
        ([1, 2, 3], [0, 1], None, "3 frames, 2 labels"),
        ([1, 2], [0, 7], None, "the labels hold 7"),
        ([1, float("nan"), 2], [0, 1, 0], None, "score of frame 1 is nan"),
        (["high", "low"], [0, 1], None, "no arrays of numbers"),
        ([1, 2], [0, 1], "jigsw", "'jigsaw'"),
        ({}, {}, None, "nothing to evaluate"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(
    scores: object, labels: object, protocol: str | None, message: str
) -> None:
    with pytest.raises(vadkit.VadkitError, match=message):
        vadkit.evaluate(scores, labels, protocol)  # type: ignore[arg-type]

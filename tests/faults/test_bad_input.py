"""Bad input, end to end: one clear sentence, the right exit code, and nothing lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_world import FRAMES, World, film, write_video

from vadkit.cli import execute
from vadkit.runs.bundle import problem
from vadkit.runs.events import read_events

pytestmark = pytest.mark.fault

ODD = Path(__file__).parents[1] / "odd_tasks.py"


@pytest.fixture
def own(tmp_path: Path, world: World) -> World:
    """A world to spoil."""
    shutil.copytree(world.root, tmp_path / "world")
    return World(tmp_path / "world")


@pytest.fixture
def fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Run a recipe, which must fail with this exit code; the one sentence that it says."""

    def run(code: int, recipe: Path | str, *words: str) -> str:
        capsys.readouterr()
        found = execute(["run", str(recipe), "--out", str(tmp_path / "run"), *words])
        told = capsys.readouterr().err
        assert found == code, told
        assert "Traceback" not in told
        assert told.count("vadkit: ") == 1
        return told.partition("vadkit: ")[2]

    return run


def trained(folder: Path) -> list[Path]:
    """The epochs that were saved."""
    return sorted((folder / "phases").glob("*/e*"))


def test_every_unknown_key_is_told_at_once_with_what_was_meant(fails, own: World) -> None:
    path = own.recipe("prediction")
    text = "sed = 1\n" + path.read_text().replace("batch =", "btach =").replace(
        "epochs = 1", "epcohs = 1"
    )
    path.write_text(text.replace('detectors = [{ name = "file",', 'detectors = [{ nam = "file",'))
    told = fails(2, path)
    for wrong, meant in (
        ("sed", "seed"),
        ("btach", "batch"),
        ("epcohs", "epochs"),
        ("nam", "name"),
    ):
        assert wrong in told
        assert f"'{meant}'" in told
    assert f"{path}:1: sed" in told


def test_an_unknown_task_is_told_with_what_was_meant(fails, own: World) -> None:
    told = fails(2, own.recipe("predictoin"))
    assert "No plugin offers the task 'predictoin'. Did you mean 'prediction'?" in told


def test_a_missing_folder_shows_the_tree_that_was_expected(fails, own: World) -> None:
    missing = own.root / "nowhere"
    told = fails(4, own.recipe(), "--data", f"folder={missing}")
    assert str(missing) in told
    assert "train/" in told


def torn_images(video: Path, seed: int, *frames: int) -> list[Path]:
    """Turn a video into a folder of images, of which these are cut in half."""
    video.unlink()
    folder = video.with_suffix("")
    folder.mkdir()
    for index, image in enumerate(film(seed)[0]):
        cv2.imwrite(str(folder / f"{index:03}.jpg"), image)
    files = [folder / f"{frame:03}.jpg" for frame in frames]
    for file in files:
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return files


def test_a_truncated_image_is_replaced_told_and_left_alone(
    own: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (torn,) = torn_images(own.target / "train/a.mkv", 0, 17)
    torn_images(own.target / "train/b.mkv", 1, 3, 30)
    half, out = torn.read_bytes(), tmp_path / "run"
    assert execute(["run", str(own.recipe()), "--out", str(out)]) == 0
    err = capsys.readouterr().err
    told = "cannot be decoded; the frame before stands in"
    assert f"a (target train): 017.jpg {told} (lost frames: 1)" in err
    assert f"b (target train): 003.jpg and 1 more {told} (lost frames: 2)" in err
    assert '"frames_repaired": 3' in (out / "metrics.json").read_text()
    assert torn.read_bytes() == half


def test_strictness_refuses_a_truncated_image(fails, own: World, tmp_path: Path) -> None:
    (torn,) = torn_images(own.target / "test/c.mkv", 2, 17)
    assert f"{torn} cannot be decoded" in fails(4, own.recipe(), "--strict")
    assert trained(tmp_path / "run") == []


def test_strictness_refuses_damage_that_was_cut_before(fails, own: World, tmp_path: Path) -> None:
    torn_images(own.target / "train/a.mkv", 0, 17)
    assert execute(["run", str(own.recipe()), "--out", str(tmp_path / "tolerant")]) == 0
    assert "a, 017.jpg is damaged" in fails(4, own.recipe(), "--strict")


def test_scoring_strictly_refuses_a_truncated_image(
    own: World, done: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (torn,) = torn_images(own.target / "test/c.mkv", 2, 17)
    words = ["score", str(torn.parent), "--run", str(done), "--out", str(tmp_path / "scores")]
    assert execute(words) == 0
    told = f"{torn.parent}: 017.jpg cannot be decoded; the frame before stands in (lost frames: 1)"
    assert told in capsys.readouterr().err
    assert execute([*words, "--strict"]) == 4
    assert f"{torn} cannot be decoded" in capsys.readouterr().err


@pytest.mark.parametrize(("split", "other"), [("train", "test"), ("test", "train")])
def test_a_data_set_without_one_of_its_splits(
    fails, own: World, tmp_path: Path, split: str, other: str
) -> None:
    shutil.rmtree(own.target / split)
    told = fails(4, own.recipe())
    assert f"The data set 'folder' of the data role 'target' has no {split} videos" in told
    assert str(own.target) in told
    assert "prepared" not in told  # it is said before anything is cut
    assert trained(tmp_path / "run") == []


def test_training_videos_shorter_than_the_clip(fails, own: World) -> None:
    for name in ("a", "b"):
        write_video(own.target / f"train/{name}.mkv", film(0)[0][:7])
    rows = own.boxes.read_text().splitlines(keepends=True)
    late = [row for row in rows[1:] if row[0] in "ab" and int(row.split(",")[1]) > 6]
    own.boxes.write_text("".join(row for row in rows if row not in late))
    told = fails(4, own.recipe())
    assert "the 9 frames that a clip takes" in told


def test_a_short_training_video_is_left_out_and_counted(own: World, tmp_path: Path) -> None:
    images, _ = film(9)
    write_video(own.target / "train/short.mkv", images[:7])
    with own.boxes.open("a") as file:
        file.writelines(f"short,{frame},2,6,14,22,0.9\n" for frame in range(7))
    out = tmp_path / "run"
    assert execute(["run", str(own.recipe()), "--out", str(out)]) == 0
    assert '"videos_shorter_than_clip": 1' in (out / "metrics.json").read_text()


def test_training_videos_without_objects(fails, own: World) -> None:
    rows = own.boxes.read_text().splitlines(keepends=True)
    own.boxes.write_text("".join(row for row in rows if row[0] not in "ab"))
    assert "no box for the train video 'a'" in fails(4, own.recipe())
    none = f'objects.detectors=[{{name="file", path="{own.boxes}", missing="none"}}]'
    shutil.rmtree(own.root.parent / "run")
    told = fails(4, own.recipe(), "--set", none)
    assert "No object was found in the train videos of 'target'." in told


def test_boxes_of_frames_that_do_not_exist(fails, own: World) -> None:
    with own.boxes.open("a") as file:
        file.write(f"c,{FRAMES},2,6,14,22,0.9\n")
    told = fails(4, own.recipe())
    assert f"c has only {FRAMES} frames" in told
    assert f"row {len(own.boxes.read_text().splitlines())}" in told


def test_labels_one_frame_too_long_are_refused_before_the_training(
    fails, own: World, tmp_path: Path
) -> None:
    np.save(own.target / "labels/c.npy", np.zeros(FRAMES + 1, np.uint8))
    assert f"c: {FRAMES} frames, {FRAMES + 1} labels" in fails(4, own.recipe())
    assert trained(tmp_path / "run") == []


def test_labels_of_some_test_videos_are_refused_before_the_training(
    fails, own: World, tmp_path: Path
) -> None:
    (own.target / "labels/d.npy").unlink()
    assert "1 of 2 test videos have no labels: d." in fails(4, own.recipe())
    assert trained(tmp_path / "run") == []


def test_a_loss_that_turns_nan_loses_no_finished_epoch(fails, own: World, tmp_path: Path) -> None:
    tasks = '"prediction", { name = "odd", from_epoch = 3 }'
    sets = ["--set", "phase.0.epochs=4", "--set", 'tasks.odd.fault="nan"']
    told = fails(6, own.recipe(tasks), "--plugin", str(ODD), *sets)
    assert "Phase 1, epoch 3, step 1: the loss 'odd.error' is nan" in told
    epochs = trained(tmp_path / "run")
    assert [path.name for path in epochs] == ["e0001", "e0002"]
    assert not any(map(problem, epochs))


def test_a_task_that_raises_is_named(fails, own: World) -> None:
    path = own.recipe("odd", use="odd.error")
    told = fails(5, path, "--plugin", str(ODD), "--set", 'tasks.odd.fault="views"')
    assert "Task 'odd' failed in views: KeyError: 'scene'" in told


def test_a_video_that_is_no_video(fails, own: World) -> None:
    path = own.target / "test/c.mkv"
    path.write_bytes(b"no video at all")
    assert str(path) in fails(4, own.recipe())


@pytest.mark.slow
def test_ctrl_c_keeps_the_finished_epochs(tmp_path: Path, world: World) -> None:
    out = tmp_path / "run"
    sets = ["--set", "phase.0.epochs=10000", "--set", "phase.0.steps=1"]
    words = [sys.executable, "-c", "from vadkit.cli import main; main()", "run"]
    with subprocess.Popen(
        [*words, str(world.recipe()), "--out", str(out), *sets],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as child:
        assert child.stderr is not None
        next(line for line in child.stderr if "epoch 2/" in line)
        child.send_signal(signal.SIGINT)
        told = child.stderr.read()
        assert child.wait() == 130, told
    assert "Interrupted by SIGINT. " in told.replace("\n  ", " ")
    assert f"Go on with --resume --out {out}." in told.replace("\n  ", " ")
    assert "Traceback" not in told
    events = [event["event"] for event in read_events(out / "events.jsonl")]
    assert "epoch_saved" in events
    assert "phase_trained" not in events
    assert trained(out)
    assert not any(map(problem, trained(out)))

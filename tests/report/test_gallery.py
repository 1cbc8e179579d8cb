"""A gallery shows the frames that it names, with what raised their scores."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_world import ODD, World

from vadkit.cli import execute
from vadkit.experiment.run import run
from vadkit.recipe import load_recipe
from vadkit.registry.registry import Registry
from vadkit.runs.folder import RunFolder

RECIPE = """
threads = 1
[data]
target = {{ dataset = "folder", path = "{root}/target" }}
[objects]
detectors = [{{ name = "file", path = "{root}/boxes.csv" }}]
size = 16
[score]
calibrate = {{ kind = "tail" }}
smooth = {{ kind = "none" }}
questions = {{ "how <large>" = ["box.area", "box.width"] }}
"""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, world: World, registry: Registry) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    (folder / "area.toml").write_text(RECIPE.format(root=world.root.as_posix()))
    recipe = load_recipe(folder / "area.toml", registry=registry)
    return run(recipe, out=folder / "run", device="cpu")


@pytest.fixture
def broken(asked: Path, tmp_path: Path) -> Path:
    """The run, as if it had missed the event of c and called out at frame 3 of d.

    Its videos last ten times as long, so that the alarm is more than a second from the event.
    """
    folder = Path(shutil.copytree(asked, tmp_path / "run"))
    for video, frames, score in (("c", ODD, "0.25"), ("d", [3], "7.5")):
        lines = (folder / f"scores/{video}.csv").read_text().splitlines()
        for frame, line in enumerate(lines[1:]):
            cells = line.split(",")
            cells[1:3] = str(10 * float(cells[1])), score if frame in frames else cells[2]
            lines[1 + frame] = ",".join(cells)
        (folder / f"scores/{video}.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_misses_and_false_alarms_are_shown_with_their_reasons(broken: Path, capsys) -> None:
    assert execute(["gallery", str(broken)]) == 0
    page = broken / "gallery/index.html"
    assert capsys.readouterr().out.strip() == str(page)
    text = page.read_text()
    files = re.findall(r'<img src="([^"]+)"', text)
    assert sorted(path.name for path in page.parent.iterdir()) == sorted([*files, "index.html"])
    assert files[:3] == ["miss-01.png", "miss-02.png", "false-alarm-01.png"]
    missed, found, alarm = re.findall(r"<figcaption>(.*?)</figcaption>", text)[:3]
    assert re.search(r"2 of 2 events are found, those of which a frame reaches 0.25: the\s", text)
    assert missed.startswith(f"c, frames {ODD[0]} to {ODD[-1]}: found at the threshold. ")
    assert f"The highest score is 0.25, in frame {ODD[0]} (6.00 s); loudest there is" in missed
    assert "how &lt;large&gt;&#39;, by box.area 22500 (p 0.0" in missed
    assert found.startswith("d, frames")
    assert alarm.startswith("d, frames ")
    assert "a false alarm at the threshold. " in alarm
    assert "The highest score is 7.5, in frame 3 (1.20 s)" in alarm


def test_the_picture_is_the_frame_with_a_box_around_the_object(broken: Path) -> None:
    assert execute(["gallery", str(broken), "--count", "1", "--out", str(broken / "here")]) == 0
    image = cv2.imread(str(broken / "here/miss-01.png"))[..., ::-1]
    factor = image.shape[1] // 64
    assert image.shape == (48 * factor, 64 * factor, 3)
    left, top, right, bottom = (factor * side for side in (20, 12, 44, 36))
    assert image[top, (left + right) // 2].tolist() == [220, 40, 40]
    assert image[(top + bottom) // 2, left].tolist() == [220, 40, 40]
    inside = image[top + factor : bottom - factor, left + factor : right - factor]
    assert np.ptp(inside, axis=2).max() == 0  # the film is grey, and no line crosses the object
    assert not (broken / "here/miss-02.png").exists()


def test_pictures_of_a_gallery_that_was_there_are_gone(broken: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert execute(["gallery", str(broken), "--out", str(out)]) == 0
    (out / "mine.png").touch()
    assert execute(["gallery", str(broken), "--count", "1", "--out", str(out)]) == 0
    names = {"index.html", "mine.png", "miss-01.png", "false-alarm-01.png"}
    assert {path.name for path in out.iterdir()} == names


def test_a_file_is_no_place_for_a_gallery(broken: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "out").touch()
    assert execute(["gallery", str(broken), "--out", str(tmp_path / "out")]) == 4
    assert f"{tmp_path / 'out'} is a file.\n  Name a folder" in capsys.readouterr().err


def test_a_run_without_calibration_has_a_gallery_without_reasons(
    done: Path, tmp_path: Path
) -> None:
    assert execute(["gallery", str(done), "--out", str(tmp_path / "out")]) == 0
    text = (tmp_path / "out/index.html").read_text()
    assert "Events, those of the lowest score first" in text
    assert "loudest" not in text.partition("<h2>")[2]
    assert not RunFolder.open(done).reasons.exists()


def test_a_run_without_figures_is_refused(broken: Path, capsys) -> None:
    (broken / "metrics.json").unlink()
    assert execute(["gallery", str(broken)]) == 8
    assert "has no figures" in capsys.readouterr().err
    assert not (broken / "gallery").exists()


def move_target(run_folder: Path, world: World, to: Path) -> Path:
    """A copy of the world's target, of which the run is from now on."""
    moved = Path(shutil.copytree(world.target, to))
    resolved = run_folder / "resolved.toml"
    text = resolved.read_text().replace(world.target.as_posix(), moved.as_posix())
    resolved.write_text(text)
    return moved


def test_what_masks_label_has_a_green_box(broken: Path, world: World, tmp_path: Path) -> None:
    folder = move_target(broken, world, tmp_path / "target") / "masks/c"
    folder.mkdir(parents=True)
    for frame in range(ODD.stop):
        mask = np.zeros((48, 64), np.uint8)
        mask[4:9, 2:12] = 255 * (frame in ODD)
        cv2.imwrite(str(folder / f"{frame:03}.png"), mask)
    assert execute(["gallery", str(broken), "--count", "1"]) == 0
    image = cv2.imread(str(broken / "gallery/miss-01.png"))[..., ::-1]
    factor = image.shape[1] // 64
    assert image[factor * 4, factor * 7].tolist() == [30, 160, 60]


def test_a_video_that_is_gone_is_named(broken: Path, world: World, tmp_path: Path, capsys) -> None:
    (move_target(broken, world, tmp_path / "target") / "test/d.mkv").unlink()
    assert execute(["gallery", str(broken)]) == 4
    assert "no test video 'd' any more" in capsys.readouterr().err

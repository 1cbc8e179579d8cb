from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_world import World, film, write_video

from vadkit.cli import execute
from vadkit.data.data_module import PreparedData
from vadkit.data.dataset import Video
from vadkit.data.leakage import refuse_leaks
from vadkit.errors import DataError
from vadkit.recipe import load_recipe
from vadkit.recipe.bound_recipe import Read
from vadkit.registry.cards import Sampling
from vadkit.registry.registry import Registry


def video(path: Path, split: str) -> Video:
    return Video(path.stem, path, split)  # type: ignore[arg-type]


def frames(folder: Path, seed: int) -> Path:
    folder.mkdir()
    for index in range(5):
        (folder / f"{index}.png").write_bytes(np.random.default_rng((seed, index)).bytes(100))
    return folder


def test_a_file_under_another_name_is_found(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mkv", film(0)[0])
    write_video(tmp_path / "b.mkv", film(1)[0])
    shutil.copy(tmp_path / "a.mkv", tmp_path / "c.mkv")
    train = [video(tmp_path / "a.mkv", "train")]
    refuse_leaks(train, [video(tmp_path / "b.mkv", "test")])
    with pytest.raises(DataError, match=r"c\.mkv is tested with, and trained on as .*a\.mkv"):
        refuse_leaks(train, [video(tmp_path / "b.mkv", "test"), video(tmp_path / "c.mkv", "test")])


def test_a_folder_of_frames_is_found(tmp_path: Path) -> None:
    one, other = frames(tmp_path / "one", 0), frames(tmp_path / "other", 1)
    copied = Path(shutil.copytree(one, tmp_path / "copied"))
    refuse_leaks([video(one, "train")], [video(other, "test")])
    with pytest.raises(DataError, match="copied is tested with"):
        refuse_leaks([video(one, "train")], [video(copied, "test")])


def test_files_that_a_system_leaves_behind_hide_nothing(tmp_path: Path) -> None:
    one = frames(tmp_path / "one", 0)
    copied = Path(shutil.copytree(one, tmp_path / "copied"))
    (copied / ".DS_Store").write_bytes(b"x")
    with pytest.raises(DataError, match="copied is tested with"):
        refuse_leaks([video(one, "train")], [video(copied, "test")])


def test_empty_files_and_folders_are_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "empty.mkv").touch()
    (tmp_path / "bare").mkdir()
    refuse_leaks([video(tmp_path / "empty.mkv", "train")], [video(tmp_path / "bare", "test")])


def test_a_clip_of_another_role_is_found(world: World, registry: Registry, tmp_path: Path) -> None:
    shutil.copytree(world.root, tmp_path / "world")
    own = World(tmp_path / "world")
    shutil.copy(own.target / "test/c.mkv", own.root / "virtual/train/w.mkv")
    recipe = load_recipe(own.recipe("prediction", "virtual"), registry=registry)
    data = PreparedData(recipe, home=tmp_path / "home")
    virtual = Sampling(role="virtual", unit="frame", frames=1, labels=True)
    with pytest.raises(DataError, match=r"c\.mkv is tested with, and trained on as .*w\.mkv"):
        data.require([Read("train", (virtual,), ())])


def test_a_run_refuses_it(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(world.root, tmp_path / "world")
    own = World(tmp_path / "world")
    shutil.copy(own.target / "train/a.mkv", own.target / "test/c.mkv")
    assert execute(["run", str(own.recipe()), "--out", str(tmp_path / "run")]) == 4
    assert "is tested with, and trained on" in capsys.readouterr().err

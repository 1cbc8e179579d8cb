"""A run, and scoring another video, open, decode and search each video for objects once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny_world import World
from vadkit_detectors.file import File

from vadkit.data.dataset import Video
from vadkit.data.detection import Seen
from vadkit.data.video.file_reader import FileReader
from vadkit.data.video.frame import Frame
from vadkit.experiment.run import run
from vadkit.recipe import BoundRecipe, load_recipe
from vadkit.registry.registry import Registry
from vadkit.runs.folder import RunFolder
from vadkit.score import Scorer

SSMTL = {
    "arrow_of_time": "backward",
    "motion_irregularity": "irregular",
    "middle_box": "error",
    "distillation": "error",
}
SCENE = {"semantic_reconstruction": "distance", "prediction": "error"}
SIMPLE_SCENE = 'teachers.scene={name="scene-grid", grid=4, stride=3}'


class Counted:
    """How often each video was opened, decoded and searched for objects."""

    def __init__(self) -> None:
        self.opened, self.decoded, self.searched = (Counter[str]() for _ in range(3))

    def all_once(self, *videos: str) -> bool:
        once = dict.fromkeys(videos, 1)
        return self.opened == self.decoded == self.searched == once


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Counted:
    """Counts from now on; nothing is prepared yet."""
    counts = Counted()
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    opening, decoding, searching = FileReader.__init__, FileReader.frames, File.detect

    def opened(reader: FileReader, path: Path, *more: Any) -> None:
        counts.opened[path.stem] += 1
        opening(reader, path, *more)

    def decoded(reader: FileReader) -> Iterator[Frame]:
        counts.decoded[reader.path.stem] += 1
        yield from decoding(reader)

    def searched(detector: File, video: Video, stream: Iterator[Seen]) -> Iterator[Seen]:
        counts.searched[video.name] += 1
        yield from searching(detector, video, stream)

    monkeypatch.setattr(FileReader, "__init__", opened)
    monkeypatch.setattr(FileReader, "frames", decoded)
    monkeypatch.setattr(File, "detect", searched)
    return counts


def recipe_of(world: World, registry: Registry, scores: dict[str, str], *sets: str) -> BoundRecipe:
    tasks = ", ".join(f'"{task}"' for task in scores)
    uses = '", "'.join(f"{task}.{score}" for task, score in scores.items())
    return load_recipe(world.recipe(tasks, use=uses), sets, registry=registry)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("case", [(SSMTL,), (SCENE, SIMPLE_SCENE)])
def test_each_video_is_gone_over_once(
    tmp_path: Path,
    world: World,
    registry: Registry,
    counted: Counted,
    case: tuple[Any, ...],
) -> None:
    scores, *sets = case
    recipe = recipe_of(world, registry, scores, *sets)
    folder = RunFolder(run(recipe, out=tmp_path / "run"))
    assert counted.all_once("a", "b", "c", "d")
    for counts in (counted.opened, counted.decoded, counted.searched):
        counts.clear()
    scorer = Scorer.of_run(folder, registry)
    table = scorer.score(Video("c", world.target / "test/c.mkv", "test"))
    assert set(table.tasks) >= {f"{task}.{score}" for task, score in scores.items()}
    assert counted.all_once("c")

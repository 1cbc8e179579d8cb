from __future__ import annotations

import resource
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from vadkit.data.data_module import PreparedData
from vadkit.data.teachers.context import ContextStore, cut_maps
from vadkit.data.teachers.output_files import AnswerFile
from vadkit.errors import DataError, NumericError, PluginError, ResourceError
from vadkit.recipe import Recipe
from vadkit.registry.cards import Need, Sampling
from vadkit.registry.registry import Registry, load_plugins

PLUGIN = '''
from dataclasses import dataclass
import numpy as np
import torch
from vadkit.api import Detector, DetectorCard, NoOptions, Sampling, Seen, Teacher, TeacherCard
from vadkit.api import hookimpl

CALLS = []

class RightHalf(Detector):
    def detect(self, video, stream):
        for seen in stream:
            height, width = seen.frame.image.shape[:2]
            yield Seen(seen.frame, np.array([[width / 2, 0, width, height, 1]], np.float32))

class Brightness(Teacher):
    """The first, own and last frame's brightness."""
    def forward(self, clips):
        CALLS.append(len(clips))
        return clips.mean(dim=(1, 3, 4)) * 255

@dataclass(frozen=True)
class Reads:
    texts: tuple[str, ...] = ()
    """What to answer about."""

class Reader(Teacher):
    """How long each text is; without texts, the width."""
    def forward(self, clips):
        lengths = [len(text) for text in self.config.texts] or [clips.shape[-1]]
        return torch.tensor([lengths] * len(clips))

class Size(Teacher):
    def forward(self, clips):
        return torch.ones(len(clips), clips.shape[-1])

class Broken(Teacher):
    def forward(self, clips):
        return clips.mean(dim=(1, 3, 4)) / 0

class Map(Teacher):
    def forward(self, clips):
        return clips[:, :1, 0] * 255

def card(name, role, load, unit="frame", frames=1, config=NoOptions):
    return TeacherCard(name=name, role=role, summary="x", load=f"context_plugin:{load}",
                       config=config,
                       sampling=lambda _: Sampling(unit=unit, frames=frames))

@hookimpl
def vadkit_detectors():
    return [DetectorCard(name="right", summary="x", load="context_plugin:RightHalf")]

@hookimpl
def vadkit_teachers():
    return [card("brightness", "scene", "Brightness", frames=3),
            card("cube", "imagenet", "Brightness", unit="object"),
            card("size", "scene", "Size"), card("broken", "scene", "Broken"),
            card("map", "depth", "Map"), card("reader", "clip", "Reader", config=Reads)]
'''
CUBES = Sampling(frames=3)
LENGTHS = {"a": 12, "b": 7}


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """The plugin's cards, and two videos whose frame t is t, or 100 + t, with a bright corner."""
    (tmp_path / "context_plugin.py").write_text(PLUGIN)
    for video, (name, length) in enumerate(LENGTHS.items()):
        draw(tmp_path / "set/train" / name, length, 100 * video)
    draw(tmp_path / "set/test/c", 5, 50)
    yield load_plugins([tmp_path / "context_plugin.py"])
    sys.modules.pop("context_plugin", None)


def draw(folder: Path, frames: int, first: int, size: tuple[int, int] = (20, 24)) -> None:
    folder.mkdir(parents=True)
    for index in range(frames):
        cv2.imwrite(str(folder / f"{index:03}.png"), np.full(size, first + index, np.uint8))


def store(
    tmp_path: Path,
    registry: Registry,
    every: int = 1,
    rules: dict[str, float] | None = None,
    **teachers: str,
) -> tuple[PreparedData, ContextStore]:
    recipe = Recipe.model_validate(
        {
            "data": {"target": {"dataset": "folder", "path": tmp_path / "set", "every": every}},
            "objects": {"detectors": [{"name": "right"}], "size": 8, "rules": rules},
            "frames": {"size": (10, 12)},
            "teachers": {role: {"name": name} for role, name in teachers.items()},
            "phase": [{"stage": "x", "tasks": [{"name": "prediction"}], "epochs": 1}],
            "score": {"use": ["prediction.error"]},
        }
    )
    data = PreparedData(recipe, registry, home=tmp_path / "home")
    return data, ContextStore(data, recipe, registry, home=tmp_path / "home")


def calls() -> list[int]:
    found: list[int] = sys.modules["context_plugin"].CALLS
    return found


def brightness(units: Any, row: int, at: int = 0) -> list[int]:
    """First, own and last of three frames around the one asked for, the ends repeated."""
    video = int(units.video[row])
    last = int(units.lengths[video]) - 1
    own = min(max(int(units.frame[row]) + at, 0), last)
    return [100 * video + min(max(own + step, 0), last) for step in (-1, 0, 1)]


@pytest.mark.parametrize("at", [0, 2, -3])
def test_every_unit_gets_the_answer_for_its_frame(
    tmp_path: Path, registry: Registry, at: int
) -> None:
    data, context = store(tmp_path, registry, scene="brightness")
    units = data.units(CUBES, "train")
    index = torch.randperm(len(units))
    found = context.lookup("target", "train", Need(role="scene", at=at), units, index)
    expected = [brightness(units, row, at) for row in index.tolist()]
    assert found.round().int().tolist() == expected


def test_answers_are_averaged_over_the_frames_asked_for(tmp_path: Path, registry: Registry) -> None:
    data, context = store(tmp_path, registry, scene="brightness")
    units = data.units(CUBES, "train")
    need = Need(role="scene", frames=5)
    found = context.lookup("target", "train", need, units, torch.arange(len(units)))
    for row in range(len(units)):
        last = int(units.lengths[units.video[row]]) - 1
        own = [min(max(int(units.frame[row]) + step, 0), last) for step in (-2, -1, 0, 1, 2)]
        mean = 100 * int(units.video[row]) + sum(own) / 5
        assert float(found[row, 1]) == pytest.approx(mean, abs=1e-3)


def test_nothing_is_asked_twice_nor_for_nobody(tmp_path: Path, registry: Registry) -> None:
    data, context = store(tmp_path, registry, every=4, scene="brightness")
    units, need = data.units(CUBES, "train"), Need(role="scene")
    for _ in range(2):
        context.lookup("target", "train", need, units, torch.arange(len(units)))
    assert sum(calls()) == len(units) == 3 + 2
    later, again = store(tmp_path, registry, every=4, scene="brightness")
    again.lookup("target", "train", need, later.units(CUBES, "train"), torch.tensor([0]))
    assert sum(calls()) == 5
    near = Need(role="scene", frames=3)
    again.lookup("target", "train", near, later.units(CUBES, "train"), torch.tensor([0]))
    assert sum(calls()) == 5 + (2 * 3 - 1) + (2 * 2 - 1)  # neighbours that lie inside the video


def test_splits_are_apart(tmp_path: Path, registry: Registry) -> None:
    data, context = store(tmp_path, registry, scene="brightness")
    units = data.units(CUBES, "test")
    found = context.lookup("target", "test", Need(role="scene"), units, torch.tensor([3]))
    assert found.round().int().tolist() == [[52, 53, 54]]


def test_a_changed_video_is_seen_again(tmp_path: Path, registry: Registry) -> None:
    data, context = store(tmp_path, registry, scene="brightness")
    need, first = Need(role="scene"), torch.tensor([0])
    context.lookup("target", "train", need, data.units(CUBES, "train"), first)
    cv2.imwrite(str(tmp_path / "set/train/a/000.png"), np.full((20, 24), 200, np.uint8))
    data, context = store(tmp_path, registry, scene="brightness")
    found = context.lookup("target", "train", need, data.units(CUBES, "train"), first)
    assert found.round().int().tolist() == [[200, 200, 1]]


def test_a_torn_file_is_made_again(tmp_path: Path, registry: Registry) -> None:
    need, index = Need(role="scene"), torch.tensor([0, 5])
    data, context = store(tmp_path, registry, scene="brightness")
    first = context.lookup("target", "train", need, data.units(CUBES, "train"), index)
    (torn,) = (tmp_path / "home/context").glob("*/00000.npy")
    torn.write_bytes(torn.read_bytes()[:100])
    data, context = store(tmp_path, registry, scene="brightness")
    again = context.lookup("target", "train", need, data.units(CUBES, "train"), index)
    assert torch.equal(first, again)


def test_a_teacher_of_objects_sees_cubes(tmp_path: Path, registry: Registry) -> None:
    data, context = store(tmp_path, registry, imagenet="cube")
    data.require([CUBES, *context.samplings("target", [Need(role="imagenet")])])
    units, need = data.units(CUBES, "train"), Need(role="imagenet")
    found = context.lookup("target", "train", need, units, torch.tensor([2, 15]))
    assert found.round().int().tolist() == [[2], [103]]
    with pytest.raises(PluginError, match="own frame"):
        context.lookup("target", "train", Need(role="imagenet", at=1), units, torch.tensor([0]))


def test_maps_are_cut_to_the_box(tmp_path: Path, registry: Registry) -> None:
    image = np.zeros((20, 24), np.uint8)
    image[:, 12:] = np.linspace(40, 250, 12).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "set/train/a/000.png"), image)
    data, context = store(tmp_path, registry, depth="map")
    units, first = data.units(CUBES, "train"), torch.tensor([0])
    found = context.lookup("target", "train", Need(role="depth"), units, first)
    assert found.shape == (1, 1, 8, 8)
    expected = cv2.resize(image[:, 12:].astype(np.float32), (8, 8))
    assert np.abs(found[0, 0].numpy() - expected).max() < 1
    whole = Sampling(unit="frame", frames=1)
    shapes = context.shapes(whole, "train", [Need(role="depth")])
    assert shapes == {"depth": (1, 10, 12)}


def test_needs_of_one_role_are_told_apart(tmp_path: Path, registry: Registry) -> None:
    data, context = store(tmp_path, registry, scene="brightness", clip="reader")
    data.context_store = context
    needs = [Need(role="scene"), Need(role="scene", at=1, name="next"), Need(role="clip")]
    needs.append(Need(role="clip", texts=("bicycle", "fire"), name="words"))
    assert context.shapes(CUBES, "train", needs) == {
        "scene": (3,),
        "next": (3,),
        "clip": (1,),
        "words": (2,),
    }
    one = torch.device("cpu")
    loader = data.loader([CUBES], "train", 4, seed=None, device=one, needs=needs)
    batch = next(iter(loader))
    assert batch.context["next"][0].round().int().tolist() == [0, 1, 2]
    assert batch.context["words"].tolist() == [[7, 4]] * 4


def test_a_teacher_that_cannot_read_is_named(tmp_path: Path, registry: Registry) -> None:
    data, context = store(tmp_path, registry, scene="brightness")
    units, need = data.units(CUBES, "train"), Need(role="scene", texts=("fire",))
    with pytest.raises(PluginError, match=r"'brightness' cannot read.*'fire'"):
        context.lookup("target", "train", need, units, torch.tensor([0]))


def test_a_need_without_teacher_names_who_could(tmp_path: Path, registry: Registry) -> None:
    data, context = store(tmp_path, registry)
    units = data.units(CUBES, "train")
    with pytest.raises(PluginError, match=r"No teacher is bound to the role 'scene'.*scene-grid"):
        context.lookup("target", "train", Need(role="scene"), units, torch.tensor([0]))


def test_a_teacher_of_another_role_is_refused(tmp_path: Path, registry: Registry) -> None:
    data, context = store(tmp_path, registry, scene="map")
    units = data.units(CUBES, "train")
    with pytest.raises(PluginError, match=r"'map' cannot fill 'scene'"):
        context.lookup("target", "train", Need(role="scene"), units, torch.tensor([0]))


def test_answers_that_are_no_numbers_are_refused(tmp_path: Path, registry: Registry) -> None:
    data, context = store(tmp_path, registry, scene="broken")
    units = data.units(CUBES, "train")
    with pytest.raises(NumericError, match="'broken'"):
        context.lookup("target", "train", Need(role="scene"), units, torch.tensor([0]))


def test_lengths_that_follow_the_videos_size_are_refused_if_it_changes(
    tmp_path: Path, registry: Registry
) -> None:
    draw(tmp_path / "set/train/wide", 5, 0, size=(20, 30))
    data, context = store(tmp_path, registry, scene="size")
    units = data.units(CUBES, "train")
    with pytest.raises(DataError, match="differ in shape"):
        context.lookup("target", "train", Need(role="scene"), units, torch.arange(len(units)))


def test_data_without_units_have_no_shapes(tmp_path: Path, registry: Registry) -> None:
    _, context = store(tmp_path, registry, rules={"min_side": 1000.0}, scene="brightness")
    with pytest.raises(DataError, match="No object was found in the train videos of 'target'"):
        context.shapes(CUBES, "train", [Need(role="scene")])


def test_cutting_the_whole_map_changes_nothing() -> None:
    maps = torch.rand(2, 3, 6, 7)
    torch.testing.assert_close(cut_maps(maps, torch.tensor([[0.0, 0, 1, 1]] * 2), (6, 7)), maps)


def test_a_row_that_is_not_there_is_not_invented(tmp_path: Path) -> None:
    file = AnswerFile(tmp_path, "a", 4)
    file.fill([(np.array([1, 3]), np.ones((2, 5), np.float32))])
    assert file.missing(np.array([3, 0, 1, 0])).tolist() == [0]
    with pytest.raises(LookupError, match=r"a\.npy"):
        file.read(np.array([0]))


@pytest.mark.parametrize("teacher", [{"scene": "brightness"}, {"imagenet": "cube"}])
def test_answers_that_were_made_apart_are_byte_for_byte_the_same(
    tmp_path: Path, registry: Registry, teacher: dict[str, str]
) -> None:
    (role,) = teacher
    found = []
    for apart in (False, True):
        data, context = store(tmp_path, registry, **teacher)
        asked = context.asked("target", "train", Need(role=role), data.units(CUBES, "train"))
        assert asked.missing() == [0, 1]
        for number in (1, 0) if apart else ():
            asked.answer(number)
            assert number not in asked.missing()
        asked.answer_missing(lambda *_: None)
        files = (tmp_path / "home/context").glob("*/*.npy")
        found.append({file.name: file.read_bytes() for file in files})
        shutil.rmtree(tmp_path / "home/context")
    assert len(found[0]) == 4
    assert found[0] == found[1]


def test_what_a_kill_left_of_a_new_file_counts_for_nothing(tmp_path: Path) -> None:
    rows, answers = np.arange(4), np.ones((4, 5), np.float32)
    AnswerFile(tmp_path, "a", 4).fill([(rows, answers)])
    (tmp_path / "a.npy").write_bytes(b"torn")

    def killed() -> Iterator[tuple[Any, Any]]:
        yield rows[:1], answers[:1]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        AnswerFile(tmp_path, "a", 4).fill(killed())
    assert AnswerFile(tmp_path, "a", 4).missing(rows).tolist() == [0, 1, 2, 3]


def test_a_full_disk_is_named_before_anything_is_mapped(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(ResourceError, match=r"is full.*VADKIT_HOME"):
            AnswerFile(tmp_path, "a", 1000).fill([(np.array([0]), np.ones((1, 99), np.float32))])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

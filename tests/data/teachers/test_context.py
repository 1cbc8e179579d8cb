from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from vadkit.data.data_module import PreparedData, answer_shapes
from vadkit.data.dataset import Split
from vadkit.data.teachers.bound_teacher import AnsweredFrames
from vadkit.data.teachers.context import cut_to_boxes
from vadkit.errors import DataError, NumericError, PluginError
from vadkit.recipe import BoundRecipe, Recipe
from vadkit.recipe.bound_recipe import Read
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


def prepared(
    tmp_path: Path,
    registry: Registry,
    every: int = 1,
    rules: dict[str, float] | None = None,
    root: Path | None = None,
    **teachers: str,
) -> PreparedData:
    recipe = Recipe.model_validate(
        {
            "data": {
                "target": {"dataset": "folder", "path": (root or tmp_path) / "set", "every": every}
            },
            "objects": {"detectors": [{"name": "right"}], "size": 8, "rules": rules},
            "frames": {"size": (10, 12)},
            "teachers": {role: {"name": name} for role, name in teachers.items()},
            "phase": [{"stage": "x", "tasks": [{"name": "prediction"}], "epochs": 1}],
            "score": {"use": ["prediction.error"]},
        }
    )
    return PreparedData(BoundRecipe(recipe, registry), home=tmp_path / "home")


def answers(
    data: PreparedData, need: Need, index: Any, split: Split = "train", sampling: Sampling = CUBES
) -> torch.Tensor:
    """What is said about these units."""
    return data.context(sampling, split, [need])(torch.as_tensor(index))[need.key]


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
    data = prepared(tmp_path, registry, scene="brightness")
    units = data.units(CUBES, "train")
    index = torch.randperm(len(units))
    found = answers(data, Need(role="scene", at=at), index)
    expected = [brightness(units, row, at) for row in index.tolist()]
    assert found.round().int().tolist() == expected


def test_answers_are_averaged_over_the_frames_asked_for(tmp_path: Path, registry: Registry) -> None:
    data = prepared(tmp_path, registry, scene="brightness")
    units = data.units(CUBES, "train")
    need = Need(role="scene", frames=5)
    found = answers(data, need, torch.arange(len(units)))
    for row in range(len(units)):
        last = int(units.lengths[units.video[row]]) - 1
        own = [min(max(int(units.frame[row]) + step, 0), last) for step in (-2, -1, 0, 1, 2)]
        mean = 100 * int(units.video[row]) + sum(own) / 5
        assert float(found[row, 1]) == pytest.approx(mean, abs=1e-3)


def test_nothing_is_asked_twice(tmp_path: Path, registry: Registry) -> None:
    far = Need(role="scene", frames=3, name="far")
    for _ in range(2):
        data = prepared(tmp_path, registry, scene="brightness")
        data.require([Read("train", (CUBES,), (Need(role="scene"), far))])
        answers(data, far, [0])
    assert sum(calls()) == 12 + 7


@pytest.mark.parametrize(
    ("need", "frames"),
    # Where a video ends is not known beforehand: frames before an n-th that never comes count too.
    [({}, 3 + 2), ({"frames": 3}, 9 + 5), ({"at": 1}, 6 + 4), ({"at": -2}, 9 + 5)],
)
def test_nothing_is_asked_for_nobody(
    tmp_path: Path, registry: Registry, need: dict[str, int], frames: int
) -> None:
    data = prepared(tmp_path, registry, every=4, scene="brightness")
    asked = Need(role="scene", **need)  # type: ignore[arg-type]
    found = answers(data, asked, np.arange(5))
    assert sum(calls()) == frames
    around = np.arange(asked.frames) - asked.frames // 2 + asked.at
    own = [(0, n) for n in (0, 4, 8)] + [(100, n) for n in (0, 4)]
    frames_of = [np.clip(n + around, 0, 11 if first == 0 else 6) + first for first, n in own]
    assert found[:, 1].tolist() == pytest.approx([of.mean() for of in frames_of], abs=1e-3)


@pytest.mark.parametrize("every", [1, 2, 3, 5])
@pytest.mark.parametrize("around", [range(1), range(-2, 1), range(2), range(-3, 4), range(9)])
def test_the_frames_that_are_asked_about_are_those_near_an_nth(every: int, around: range) -> None:
    frames = np.arange(40)
    near = [any((f - k) % every == 0 and f >= k for k in around) for f in frames.tolist()]
    asked = AnsweredFrames(every, around)
    assert asked.among(frames).tolist() == near
    assert asked.rows(40)[near].tolist() == list(range(sum(near)))


def test_splits_are_apart(tmp_path: Path, registry: Registry) -> None:
    data = prepared(tmp_path, registry, scene="brightness")
    found = answers(data, Need(role="scene"), torch.tensor([3]), "test")
    assert found.round().int().tolist() == [[52, 53, 54]]


def test_a_changed_video_is_seen_again(tmp_path: Path, registry: Registry) -> None:
    data = prepared(tmp_path, registry, scene="brightness")
    need, first = Need(role="scene"), torch.tensor([0])
    answers(data, need, first)
    cv2.imwrite(str(tmp_path / "set/train/a/000.png"), np.full((20, 24), 200, np.uint8))
    data = prepared(tmp_path, registry, scene="brightness")
    found = answers(data, need, first)
    assert found.round().int().tolist() == [[200, 200, 1]]


def test_a_torn_file_is_made_again(tmp_path: Path, registry: Registry) -> None:
    need, index = Need(role="scene"), torch.tensor([0, 5])
    data = prepared(tmp_path, registry, scene="brightness")
    first = answers(data, need, index)
    (torn,) = (
        file
        for file in (tmp_path / "home/stores").glob("*/00000/*/rows.bin")
        if file.stat().st_size == 12 * 3 * 4
    )
    torn.write_bytes(torn.read_bytes()[:100])
    data = prepared(tmp_path, registry, scene="brightness")
    again = answers(data, need, index)
    assert torch.equal(first, again)


def test_a_teacher_of_objects_sees_cubes(tmp_path: Path, registry: Registry) -> None:
    data = prepared(tmp_path, registry, imagenet="cube")
    need = Need(role="imagenet")
    data.require([Read("train", (CUBES,), (need,))])
    found = answers(data, need, [2, 15])
    assert found.round().int().tolist() == [[2], [103]]
    with pytest.raises(PluginError, match="own frame"):
        answers(data, Need(role="imagenet", at=1), [0])
    with pytest.raises(PluginError, match="sees objects"):
        answers(data, need, [0], sampling=Sampling(unit="frame", frames=1))


def test_maps_are_cut_to_the_box(tmp_path: Path, registry: Registry) -> None:
    image = np.zeros((20, 24), np.uint8)
    image[:, 12:] = np.linspace(40, 250, 12).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "set/train/a/000.png"), image)
    data = prepared(tmp_path, registry, depth="map")
    first = torch.tensor([0])
    found = answers(data, Need(role="depth"), first)
    assert found.shape == (1, 1, 8, 8)
    expected = cv2.resize(image[:, 12:].astype(np.float32), (8, 8))
    assert np.abs(found[0, 0].numpy() - expected).max() < 1
    whole = Sampling(unit="frame", frames=1)
    shapes = answer_shapes(data, whole, "train", [Need(role="depth")])
    assert shapes == {"depth": (1, 10, 12)}


def test_needs_of_one_role_are_told_apart(tmp_path: Path, registry: Registry) -> None:
    data = prepared(tmp_path, registry, scene="brightness", clip="reader")
    needs = [Need(role="scene"), Need(role="scene", at=1, name="next"), Need(role="clip")]
    needs.append(Need(role="clip", texts=("bicycle", "fire"), name="words"))
    assert answer_shapes(data, CUBES, "train", needs) == {
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
    data = prepared(tmp_path, registry, scene="brightness")
    need = Need(role="scene", texts=("fire",))
    with pytest.raises(PluginError, match=r"'brightness' cannot read.*'fire'"):
        answers(data, need, torch.tensor([0]))


def test_a_need_without_teacher_names_who_could(tmp_path: Path, registry: Registry) -> None:
    data = prepared(tmp_path, registry)
    with pytest.raises(PluginError, match=r"No teacher is bound to the role 'scene'.*scene-grid"):
        answers(data, Need(role="scene"), torch.tensor([0]))


def test_a_teacher_of_another_role_is_refused(tmp_path: Path, registry: Registry) -> None:
    data = prepared(tmp_path, registry, scene="map")
    with pytest.raises(PluginError, match=r"'map' cannot fill 'scene'"):
        answers(data, Need(role="scene"), torch.tensor([0]))


def test_answers_that_are_no_numbers_are_refused(tmp_path: Path, registry: Registry) -> None:
    data = prepared(tmp_path, registry, scene="broken")
    with pytest.raises(NumericError, match="'broken'"):
        answers(data, Need(role="scene"), torch.tensor([0]))


def test_lengths_that_follow_the_videos_size_are_refused_if_it_changes(
    tmp_path: Path, registry: Registry
) -> None:
    draw(tmp_path / "set/train/wide", 5, 0, size=(20, 30))
    data = prepared(tmp_path, registry, scene="size")
    units = data.units(CUBES, "train")
    with pytest.raises(DataError, match="differ in shape"):
        answers(data, Need(role="scene"), torch.arange(len(units)))


def test_data_without_units_have_no_shapes(tmp_path: Path, registry: Registry) -> None:
    data = prepared(tmp_path, registry, rules={"min_side": 1000.0}, scene="brightness")
    with pytest.raises(DataError, match="No object was found in the train videos of 'target'"):
        answer_shapes(data, CUBES, "train", [Need(role="scene")])


def test_cutting_the_whole_map_changes_nothing() -> None:
    maps = torch.rand(2, 3, 6, 7)
    whole = np.array([[0, 0, 70, 60, 1]] * 2, np.float32)
    torch.testing.assert_close(cut_to_boxes(maps, whole, (60, 70), (6, 7)), maps)


@pytest.mark.parametrize("teacher", [{"scene": "brightness"}, {"imagenet": "cube"}])
def test_answers_that_were_made_apart_are_byte_for_byte_the_same(
    tmp_path: Path, registry: Registry, teacher: dict[str, str]
) -> None:
    (role,) = teacher
    read, files = Read("train", (CUBES,), (Need(role=role),)), []
    for home, order in (("one", ()), ("other", (1, 0))):
        data = prepared(tmp_path / home, registry, root=tmp_path, **teacher)
        (videos,) = data.prepared.expect([read])
        assert videos.missing() == [0, 1]
        for number in order:
            videos.prepare(number)
            assert number not in videos.missing()
        data.require([read])
        made = (tmp_path / home / "home/stores").rglob("*.*")
        files.append({str(of.relative_to(tmp_path / home)): of.read_bytes() for of in made})
    assert len(files[0]) == 2 * 2 * 3
    assert files[0] == files[1]

"""An error out of a plugin names its kind and its name, wherever it comes up."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tiny_world import World

from vadkit.cli import execute
from vadkit.data.teachers.bound_teacher import bind_teacher
from vadkit.errors import DataError, PluginError, ResourceError
from vadkit.recipe import load_recipe
from vadkit.registry.cards import Need
from vadkit.registry.isolation import blamed, enough_memory, guarded
from vadkit.registry.registry import Registry, load_plugins

PLUGIN = """
from dataclasses import dataclass
from vadkit.api import *

@dataclass(frozen=True)
class Config:
    fault: str = "detect"

class Unwell(Detector[Config]):
    def __init__(self, config):
        super().__init__(config)
        if config.fault == "init":
            raise KeyError("weights")
    def detect(self, video, stream):
        for seen in stream:
            if seen.frame.index == 3:
                raise IndexError("no fourth frame")
            yield seen

class Cracked(FolderDataset):
    def labels(self, video):
        raise OSError("disk on fire")

class Mute(Teacher):
    def forward(self, clips):
        raise ValueError("no answer")

class Unborn(Task):
    def __init__(self, config):
        raise LookupError("no stork")
    views = head = loss = None

@hookimpl
def vadkit_detectors():
    return [DetectorCard(name="unwell", summary="x", config=Config, load="unwell_plugin:Unwell")]

@hookimpl
def vadkit_datasets():
    return [DatasetCard(name="cracked", summary="x", load="unwell_plugin:Cracked")]

@hookimpl
def vadkit_teachers():
    return [TeacherCard(name="mute", summary="x", role="scene", load="unwell_plugin:Mute",
                        sampling=lambda _: Sampling(unit="frame", frames=1))]

@hookimpl
def vadkit_tasks():
    return [TaskCard(name="unborn", summary="x", level="visual", load="unwell_plugin:Unborn", api=2,
                     sampling=lambda _: Sampling(frames=1))]
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("plugin") / "unwell_plugin.py"
    path.write_text(PLUGIN)
    yield path
    sys.modules.pop("unwell_plugin", None)


@pytest.fixture(scope="module")
def unwell(plugin: Path) -> Registry:
    return load_plugins([plugin])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('objects.detectors=["unwell"]', "Detector 'unwell' failed in detect: IndexError: no four"),
        (
            'objects.detectors=[{name="unwell", fault="init"}]',
            "Detector 'unwell' failed in its constructor: KeyError: 'weights'",
        ),
        ('data.target.dataset="cracked"', "Dataset 'cracked' failed in labels: OSError: disk on f"),
        (
            'phase.1={stage="s", tasks=["unborn"], epochs=1}',
            "Task 'unborn' failed in its constructor: LookupError: no stork",
        ),
    ],
)
def test_a_run_names_who_failed_and_ends_with_the_code_for_plugins(
    plugin: Path, world: World, tmp_path: Path, capsys, *, change: str, message: str
) -> None:
    path = world.recipe("prediction", "jigsaw")
    words = ["--out", str(tmp_path / "run"), "--plugin", str(plugin), "--set", change]
    assert execute(["run", str(path), *words]) == 5
    assert message in capsys.readouterr().err


def test_a_teacher_is_named(unwell: Registry, world: World) -> None:
    recipe = load_recipe(world.recipe(), ['teachers.scene={name="mute"}'], registry=unwell)
    teacher = bind_teacher(Need(role="scene"), recipe, torch.device("cpu"))
    with pytest.raises(PluginError, match="Teacher 'mute' failed in forward: ValueError: no answe"):
        teacher.answer(torch.zeros(1, 1, 1, 8, 8))


def test_verifying_names_the_data_set(plugin: Path, world: World, capsys) -> None:
    words = [f"cracked={world.target}", "--plugin", str(plugin)]
    assert execute(["data", "verify", *words]) == 5
    assert "Dataset 'cracked' failed in verify: OSError: disk on fire" in capsys.readouterr().err


class Stream:
    size = 3

    def numbers(self, stop: Exception | None = None) -> Iterator[int]:
        yield 1
        if stop:
            raise stop


def test_a_guarded_plugin_is_otherwise_as_it_was() -> None:
    stream = guarded("dataset", "x", Stream())
    assert stream.size == 3
    assert list(copy.deepcopy(stream).numbers()) == [1]
    with pytest.raises(AttributeError):
        stream.missing  # type: ignore[attr-defined]  # noqa: B018


def test_the_hosts_own_errors_pass_and_others_keep_their_cause() -> None:
    stream = guarded("dataset", "x", Stream())
    with pytest.raises(DataError, match="own"):
        list(stream.numbers(DataError("own")))
    with pytest.raises(PluginError, match="Dataset 'x' failed in numbers: KeyError") as error:
        list(stream.numbers(KeyError("a")))
    assert isinstance(error.value.__cause__, KeyError)


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("full")])
def test_memory_is_nobodys_fault(error: Exception) -> None:
    def starve() -> None:
        with blamed("task", "x", "loss"):
            raise error

    with (
        pytest.raises(ResourceError, match="Memory ran out while testing"),
        enough_memory("testing"),
    ):
        starve()

"""Preparing that is killed, done twice at once, or out of disk (R13, D1)."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from killed_preparing import ended, started
from preparing import TASKS, files, load
from tiny_world import World

from vadkit.data.prepare import prepare
from vadkit.registry.registry import Registry

pytestmark = pytest.mark.fault


@pytest.fixture(scope="module")
def wanted(
    tmp_path_factory: pytest.TempPathFactory, world: World, registry: Registry
) -> dict[str, bytes]:
    """What is prepared where nothing goes wrong."""
    home = tmp_path_factory.mktemp("wanted")
    prepare(load(world, registry), home=home)
    return files(home)


@pytest.mark.parametrize(
    "fault", ["kill in a video", "kill at the end of a video", "kill in an answer"]
)
def test_what_was_killed_goes_on_to_the_same(
    tmp_path: Path, world: World, wanted: dict[str, bytes], fault: str
) -> None:
    recipe, home = world.recipe(*TASKS), tmp_path / "home"
    assert ended(started(recipe, home, fault)) == -signal.SIGKILL
    assert files(home) != wanted
    assert ended(started(recipe, home)) == 0
    assert files(home) == wanted


def test_two_at_once_share_the_work_and_come_to_the_same(
    tmp_path: Path, world: World, wanted: dict[str, bytes]
) -> None:
    recipe, home = world.recipe(*TASKS), tmp_path / "home"
    both = [started(recipe, home), started(recipe, home)]
    assert [ended(child) for child in both] == [0, 0]
    assert files(home) == wanted


def test_a_full_disk_is_named_and_what_is_left_is_done_later(
    tmp_path: Path, world: World, wanted: dict[str, bytes]
) -> None:
    recipe, home = world.recipe(*TASKS), tmp_path / "home"
    assert ended(started(recipe, home, "full disk")) == 7
    told = (tmp_path / "home.told").read_text()
    assert "The disk of" in told
    assert "is full" in told
    assert "VADKIT_HOME" in told
    assert ended(started(recipe, home)) == 0
    assert files(home) == wanted

"""Where jobs are done: the options, and what is said where that cannot be."""

from __future__ import annotations

import sys
from contextlib import closing

import pytest
from tiny_world import World

from vadkit.cli import execute
from vadkit.cli.options import Workers
from vadkit.runs.atomic import is_temporary


def test_a_ray_that_is_missing_is_named_with_the_command(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert execute(["data", "prepare", str(world.recipe()), "--engine", "ray"]) == 5
    out, told = capsys.readouterr()
    assert out == ""
    assert "The engine ray needs Ray" in told
    assert 'pip install "vadkit[ray]"' in told


@pytest.mark.parametrize(
    ("name", "address", "elsewhere"),
    [("local", None, False), ("ray", None, True), ("local", "head:6379", True)],
)
def test_an_address_is_one_of_a_cluster(name: str, address: str | None, elsewhere: bool) -> None:
    workers = Workers(name, address, jobs=2, threads=1, device="cpu", strict=False)
    assert workers.options().elsewhere is elsewhere
    if not elsewhere:
        with closing(workers.engine()) as engine:
            assert engine.slots == 2


@pytest.mark.slow
def test_preparing_says_what_is_made_and_then_has_nothing_to_do(
    world: World, tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path))
    words = ["data", "prepare", str(world.recipe()), "--jobs", "2", "--device", "cpu"]
    assert execute(words) == 0
    out, told = capsys.readouterr()
    assert out == ""
    assert "target train: 2 of 2 videos" in told
    assert execute(words) == 0
    assert capsys.readouterr() == ("", "")
    assert not [path for path in tmp_path.rglob("*") if is_temporary(path)]


@pytest.mark.slow
def test_a_video_that_cannot_be_prepared_is_a_failed_part(
    tmp_path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tiny_world import make_world

    world = make_world(tmp_path / "world")
    (world.target / "train/b.mkv").write_bytes(b"")
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "home"))
    assert execute(["data", "prepare", str(world.recipe()), "--jobs", "1"]) == 3
    assert "vadkit: b (target train)" in capsys.readouterr().err

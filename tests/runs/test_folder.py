"""The run folder."""

import json
from pathlib import Path

import pytest

from vadkit.errors import RecipeError, RunBusyError
from vadkit.runs.folder import RunFolder


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("vadkit.utils.machine._torch", dict)


def test_runs_are_numbered_and_latest_is_the_newest(tmp_path):
    base = tmp_path / "runs"
    first, second = RunFolder.create(base, "sota"), RunFolder.create(base, "sota")
    other = RunFolder.create(base, "smoke")
    assert [run.path.name for run in (first, second, other)] == ["sota-1", "sota-2", "smoke-1"]
    assert (base / "latest").readlink() == Path("smoke-1")
    assert RunFolder.open(base / "latest").path == other.path.resolve()


def test_numbers_go_on_after_the_highest(tmp_path):
    for name in ("sota-7", "sota-x", "sota", "sota-extra-9"):
        (tmp_path / name).mkdir()
    assert RunFolder.create(tmp_path, "sota").path.name == "sota-8"


def test_a_number_taken_in_this_moment_is_passed_over(tmp_path, monkeypatch):
    (tmp_path / "sota-1").mkdir()
    monkeypatch.setattr("vadkit.runs.names._number", lambda *_: 0)
    assert RunFolder.create(tmp_path, "sota").path.name == "sota-2"


def test_without_links_a_text_file_leads_to_the_newest(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    run = RunFolder.create(tmp_path, "sota")
    assert (tmp_path / "latest.txt").read_text() == "sota-1\n"
    assert RunFolder.open(tmp_path / "latest").path == run.path


def test_where_no_link_takes_anothers_place_the_text_file_leads_on(tmp_path, monkeypatch):
    replace = Path.replace

    def as_windows_does(path, target):
        if path.is_symlink() and Path(target).is_symlink():
            raise PermissionError
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", as_windows_does)
    for name in ("sota-1", "sota-2"):
        run = RunFolder.create(tmp_path, "sota")
        assert run.path.name == name
        assert RunFolder.open(tmp_path / "latest").path.name == name
    assert not [path for path in tmp_path.iterdir() if ".tmp-" in path.name]


def test_latest_txt_cannot_lead_out(tmp_path):
    (tmp_path / "latest.txt").write_text("../../etc")
    with pytest.raises(RecipeError, match=f"no run at {tmp_path}/etc"):
        RunFolder.open(tmp_path / "latest")


def test_the_name_of_a_recipe_cannot_lead_out(tmp_path):
    assert RunFolder.create(tmp_path, "../x y").path == tmp_path / "x-y-1"


def test_a_moved_run_is_still_a_run(tmp_path):
    run = RunFolder.create(tmp_path, "sota")
    run.path.rename(tmp_path / "kept")
    assert RunFolder.open(tmp_path / "kept").path == tmp_path / "kept"


def test_the_environment_is_there_from_the_start(tmp_path):
    env = json.loads(RunFolder.create(tmp_path, "sota").environment.read_text())
    assert env["schema_version"] == 1
    assert env["packages"]["numpy"]
    assert {"python", "platform", "vadkit", "torch"} <= env.keys()


def test_paths_are_those_of_the_design(tmp_path):
    run = RunFolder(tmp_path)
    assert run.phase(1, "prediction") == tmp_path / "phases" / "01-prediction"
    assert run.phase(2, "a/b + c") == tmp_path / "phases" / "02-a-b-c"
    assert run.history(1, "prediction") == run.phase(1, "prediction") / "history.csv"
    names = [run.recipe, run.resolved, run.environment, run.events, run.metrics, run.scores]
    assert [path.relative_to(tmp_path).as_posix() for path in names] == [
        "recipe.toml",
        "resolved.toml",
        "env.json",
        "events.jsonl",
        "metrics.json",
        "scores",
    ]


def test_out_takes_a_new_and_an_empty_folder(tmp_path):
    RunFolder.at(tmp_path / "a" / "b")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".lock").touch()
    RunFolder.at(tmp_path / "empty")
    assert (tmp_path / "empty" / "env.json").is_file()


def test_out_takes_a_run_only_to_go_on(tmp_path):
    run = RunFolder.at(tmp_path / "a")
    before = run.environment.read_bytes()
    with pytest.raises(RunBusyError, match="holds a run already"):
        RunFolder.at(tmp_path / "a")
    assert RunFolder.at(tmp_path / "a", resume=True) == run
    assert run.environment.read_bytes() == before


def test_going_on_where_nothing_was_begun_begins(tmp_path):
    assert RunFolder.at(tmp_path / "a", resume=True).environment.is_file()


def test_out_refuses_and_leaves_alone_what_is_no_run(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(RecipeError, match=r"not empty \(it holds holiday\.jpg\)"):
        RunFolder.at(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


@pytest.mark.parametrize("make", [RunFolder.at, RunFolder.create])
def test_a_path_below_a_file_is_refused(tmp_path, make):
    (tmp_path / "file").touch()
    with pytest.raises(RecipeError, match="cannot be used as a run folder") as caught:
        make(tmp_path / "file" / "run")
    assert caught.value.exit_code == 2
    with pytest.raises(RecipeError):
        make(tmp_path / "file")


def test_out_says_who_is_training_there(tmp_path):
    with RunFolder.at(tmp_path).locked(), pytest.raises(RunBusyError, match="in use by pid"):
        RunFolder.at(tmp_path)


@pytest.mark.parametrize("content", ['{"schema_version": 99}', "half {"])
def test_a_run_of_another_schema_is_refused(tmp_path, content):
    (tmp_path / "env.json").write_text(content)
    with pytest.raises(RunBusyError, match=r"env\.json has schema"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "latest", "."])
def test_no_run_is_said_with_its_path(tmp_path, name):
    with pytest.raises(RecipeError, match=f"no run at {tmp_path}"):
        RunFolder.open(tmp_path / name)

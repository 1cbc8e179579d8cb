"""The command line as a person uses it: output, errors, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vadkit.cli import execute
from vadkit.cli.listing import plural
from vadkit.errors import DataError, NumericError, PluginError, ResourceError, RunBusyError

pytestmark = pytest.mark.edges

PLAIN = """
data = { target = { dataset = "plaza" } }
score = { use = ["strange.error"] }
[[phase]]
stage = "perception"
tasks = ["strange"]
epochs = 1
"""


def _vadkit(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, with the folders that pytest sees on its path."""
    path = os.pathsep.join(folder for folder in sys.path if folder)
    words = [sys.executable, "-c", "from vadkit.cli import main; main()", *args]
    return subprocess.run(
        words,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **environment},
        check=False,
    )


def test_help_lists_every_command(capsys) -> None:
    assert execute(["--help"]) == 0
    out = capsys.readouterr().out
    commands = "run score list-tasks plugins doctor new-task check-task recipe data"
    for command in commands.split():
        assert f"\n  {command} " in out


def test_version_is_that_of_the_distribution(capsys) -> None:
    from importlib.metadata import version

    assert execute(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"vadkit {version('vadkit')}"


@pytest.mark.parametrize("kind", ["task", "backbone", "teacher", "detector", "dataset"])
def test_lists_are_json_and_text(capsys, kind: str) -> None:
    from vadkit.registry.registry import load_plugins

    names = [card.name for card in load_plugins().cards(kind)]
    assert execute([f"list-{plural(kind)}", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == names
    assert all({"name", "summary", "distribution", "state"} <= set(row) for row in rows)
    assert execute([f"list-{plural(kind)}"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in names)


def test_broken_plugin_is_one_line_on_stderr(site, capsys) -> None:
    site.broken("vadkit-bad", "vadkit_bad_cli", "raise ValueError('no way')")
    site.task("vadkit-strange", "strange_plugin", "strange")
    assert execute(["list-tasks", "--json"]) == 0
    captured = capsys.readouterr()
    row = next(row for row in json.loads(captured.out) if row["name"] == "strange")
    assert row["distribution"] == "vadkit-strange 0.1"
    assert (row["level"], row["unit"], row["needs"], row["state"]) == ("visual", "object", [], "ok")
    lines = [line for line in captured.err.splitlines() if "vadkit-bad" in line]
    assert len(lines) == 1
    assert execute(["plugins", "--json"]) == 0
    rows = {row["distribution"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["vadkit-bad"]["state"] == "broken"
    assert rows["vadkit-bad"]["reason"] == "ValueError: no way"
    assert rows["vadkit-bad"]["version"] == "0.1"


def test_ambiguous_names_are_listed_as_such(site, capsys) -> None:
    site.task("vadkit-one", "one_plugin", "twin")
    site.task("vadkit-two", "two_plugin", "twin")
    assert execute(["list-tasks", "--json"]) == 0
    rows = [row for row in json.loads(capsys.readouterr().out) if row["name"] == "twin"]
    assert [row["state"] for row in rows] == ["ambiguous", "ambiguous"]


def test_recipe_of_a_strangers_task_is_valid(site, tmp_path, capsys) -> None:
    site.task("vadkit-strange", "strange_plugin", "strange")
    file = tmp_path / "plain.toml"
    file.write_text(PLAIN)
    assert execute(["recipe", "validate", str(file)]) == 0
    assert "is valid: strange" in capsys.readouterr().out
    assert execute(["recipe", "show", str(file), "--set", "tasks.strange.frames=7"]) == 0
    assert "frames = 7" in capsys.readouterr().out


def test_recipe_of_a_known_plugin_says_how_to_install_it(tmp_path, capsys) -> None:
    file = tmp_path / "plain.toml"
    file.write_text(PLAIN.replace("strange", "flicker"))
    assert execute(["recipe", "validate", str(file)]) == 2
    assert "vadkit-flicker offers it: pip install " in capsys.readouterr().err


def test_recipe_of_a_broken_plugin_is_a_plugin_error(site, tmp_path, capsys) -> None:
    site.broken("vadkit-strange", "vadkit_strange", "raise ValueError('no way')")
    file = tmp_path / "plain.toml"
    file.write_text(PLAIN)
    assert execute(["recipe", "validate", str(file)]) == 5
    assert "vadkit-strange 0.1, which is broken: ValueError: no way" in capsys.readouterr().err


def test_single_file_plugin_serves_every_command(site, tmp_path, capsys) -> None:
    site.task("vadkit-other", "strange_file", "strange")
    file = (site.folder / "strange_file.py").rename(tmp_path / "strange_file.py")
    recipe = tmp_path / "plain.toml"
    recipe.write_text(PLAIN)
    assert execute(["recipe", "validate", str(recipe), "--plugin", str(file)]) == 0
    assert execute(["list-tasks", "--plugin", str(file)]) == 0
    assert "strange_file.py" in capsys.readouterr().out


def test_wrong_recipe_tells_everything_without_a_traceback(capsys) -> None:
    sets = ["--set", "epcohs=3", "--set", "phase.0.epochs='x'", "--set", "lr=fast"]
    for words in (["recipe", "validate"], ["recipe", "show"], ["run"]):
        assert execute([*words, "sota", *sets]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "has 3 problems" in captured.err
        assert all(text in captured.err for text in ("epcohs", "phase.0.epochs", "lr=fast"))
        assert "Traceback" not in captured.err


def test_seed_and_threads_are_checked_with_the_recipe(capsys) -> None:
    assert execute(["run", "sota", "--seed", "-1", "--threads", "0"]) == 2
    err = capsys.readouterr().err
    assert "--set seed=-1" in err
    assert "--set threads=0" in err


@pytest.mark.parametrize(
    "words",
    [["nope"], ["sweep"], ["list-tasks", "--nope"], ["data", "verify", "ped2"], ["score", "x.mp4"]],
)
def test_wrong_usage_exits_with_two(words: list[str], capsys) -> None:
    assert execute(words) == 2
    assert capsys.readouterr().err


def test_recipes_are_listed_copied_and_described(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert execute(["recipe", "list"]) == 0
    assert "sota" in capsys.readouterr().out.split()
    assert execute(["recipe", "copy", "sota"]) == 0
    assert execute(["recipe", "copy", "sota", "mine.toml"]) == 0
    assert Path("sota.toml").read_bytes() == Path("mine.toml").read_bytes()
    assert execute(["recipe", "copy", "baseline", "mine.toml"]) == 2
    assert "mine.toml exists" in capsys.readouterr().err
    assert execute(["recipe", "validate", "mine.toml"]) == 0
    capsys.readouterr()
    assert execute(["recipe", "schema"]) == 0
    assert "phase" in json.loads(capsys.readouterr().out)["properties"]


def test_doctor_names_versions_threads_and_cache(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "not" / "yet"))
    assert execute(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["VADKIT_HOME"] == str(tmp_path / "not" / "yet")
    assert {"python", "vadkit", "torch", "cpus", "OMP_NUM_THREADS", "free disk"} <= set(found)
    assert execute(["doctor"]) == 0


DATASET = """
from vadkit.api import DatasetCard, hookimpl

class Yard:
    def __init__(self, root, config):
        self.root = root

    def verify(self):
        return [] if self.root.name == "good" else ["one video is missing", "labels are short"]

    def left_out(self):
        return []

class Drawn(Yard):
    @classmethod
    def render(cls, folder, config):
        folder.mkdir()
        (folder / "drawn.txt").touch()

@hookimpl
def vadkit_datasets():
    return [DatasetCard(name="yard", summary="A test.", load="yard_plugin:Yard"),
            DatasetCard(name="drawn", summary="A test.", load="yard_plugin:Drawn", rendered=True),
            DatasetCard(name="blank", summary="A test.", load="yard_plugin:Yard", rendered=True)]
"""


def test_data_sets_are_verified_and_drawn(site, tmp_path, capsys) -> None:
    site.module("yard_plugin", DATASET)
    site.distribution("vadkit-yard", "yard = yard_plugin")
    assert execute(["data", "verify", f"yard={tmp_path / 'good'}"]) == 0
    assert execute(["data", "verify", f"yard={tmp_path / 'bad'}"]) == 4
    err = capsys.readouterr().err
    assert "one video is missing" in err
    assert "in 2 ways" in err
    assert execute(["data", "verify", f"yrad={tmp_path}"]) == 5
    assert execute(["data", "render", "drawn", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new" / "drawn.txt").exists()
    assert execute(["data", "render", "yard", str(tmp_path / "new")]) == 2
    assert execute(["data", "render", "blank", str(tmp_path / "new")]) == 5
    assert "'blank' failed in render" in capsys.readouterr().err


CODES = {
    DataError: 4,
    PluginError: 5,
    NumericError: 6,
    ResourceError: 7,
    RunBusyError: 8,
    KeyboardInterrupt: 130,
    ValueError: 1,
}


@pytest.mark.parametrize("error", list(CODES), ids=lambda error: error.__name__)
def test_errors_become_a_sentence_and_a_code(error, monkeypatch, capsys) -> None:
    def fail(*args: object) -> None:
        raise error("it went \x1b[31mwrong")

    monkeypatch.setattr("vadkit.cli._invoke", fail)
    assert execute(["plugins"]) == CODES[error]
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "\x1b" not in err
    assert ("please report" in err) == (error is ValueError)


def test_debug_shows_the_traceback_wherever_it_stands(capsys) -> None:
    for words in (["--debug", "recipe", "show", "gone"], ["recipe", "show", "gone", "--debug"]):
        assert execute(words) == 2
        assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "environment",
    [
        {"NO_COLOR": "1"},
        {"TERM": "dumb"},
        {"COLUMNS": "40"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    ],
    ids=lambda environment: next(iter(environment)),
)
def test_output_is_plain_where_it_must_be(site, environment: dict[str, str]) -> None:
    site.task("vadkit-strange", "strange_plugin", "strange")
    module = site.folder / "strange_plugin.py"
    module.write_text(module.read_text().replace("A test.", "Ein schöner \x1b[31m日本 test."))
    done = _vadkit("list-tasks", **environment)
    assert done.returncode == 0, done.stderr
    assert "strange" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_narrow_terminals_get_one_thing_below_the_other() -> None:
    done = _vadkit("list-backbones", COLUMNS="40")
    assert "name: unet\n" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("target", ["closed pipe", "/dev/full"])
def test_reader_who_left_is_no_error(target: str) -> None:
    path = os.pathsep.join(folder for folder in sys.path if folder)
    words = [sys.executable, "-c", "from vadkit.cli import main; main()", "recipe", "schema"]
    reading, writing = os.pipe()
    os.close(reading)
    out = os.open("/dev/full", os.O_WRONLY) if target == "/dev/full" else writing
    done = subprocess.run(
        words,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr

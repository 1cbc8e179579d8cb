"""`vadkit new-task` writes a plugin that installs, is listed, and whose own tests pass."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from vadkit.cli import execute

pytestmark = pytest.mark.edges

FILES = {
    ".github/workflows/ci.yml",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "src/vadkit_far_away/__init__.py",
    "src/vadkit_far_away/task.py",
    "tests/test_far_away.py",
    "far_away.toml",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new task, as generated."""
    assert execute(["new-task", "far-away", "--dir", str(tmp_path / "new")]) == 0
    return tmp_path / "new" / "vadkit-far-away"


def _python(*words: str, cwd: Path, path: Path) -> str:
    paths = os.pathsep.join([str(path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_every_file_is_written_and_named_after_the_task(folder: Path) -> None:
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert files == FILES
    texts = [(folder / file).read_text() for file in files]
    assert not any("{{" in text or "NAME" in text for text in texts)
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["vadkit"] == {"far-away": "vadkit_far_away"}
    assert project["name"] == "vadkit-far-away"


def test_sources_import_only_the_api(folder: Path) -> None:
    tree = ast.parse((folder / "src" / "vadkit_far_away" / "task.py").read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    used = {module for module in modules if module and module.startswith("vadkit")}
    assert used == {"vadkit.api", "vadkit_far_away"}


def test_new_task_is_well_formatted(folder: Path) -> None:
    for words in (["check", "--select=E,F,I,UP"], ["format", "--check"]):
        command = ["-m", "ruff", *words, "--isolated", "--config=line-length=100", "."]
        _python(*command, cwd=folder, path=folder)


@pytest.mark.slow
def test_new_task_installs_and_its_tests_pass(folder: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(site)]
    _python("-m", "pip", "install", "--quiet", *offline, str(folder), cwd=tmp_path, path=site)
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", "tests"]
    out = _python(*words, cwd=folder, path=site)
    assert "19 passed" in out
    vadkit = ["-c", "from vadkit.cli import main; main()"]
    rows = json.loads(_python(*vadkit, "list-tasks", "--json", cwd=tmp_path, path=site))
    row = next(row for row in rows if row["name"] == "far-away")
    assert (row["distribution"], row["state"]) == ("vadkit-far-away 0.1.0", "ok")
    out = _python(*vadkit, "recipe", "validate", "far_away.toml", cwd=folder, path=site)
    assert "is valid: far-away" in out
    out = _python(*vadkit, "check-task", "far-away", cwd=tmp_path, path=site)
    assert "far-away: 16 of 16 checks passed" in out


def test_existing_folder_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "README.md").write_text("mine")
    capsys.readouterr()
    assert execute(["new-task", "far-away", "--dir", str(folder.parent)]) == 2
    assert f"{folder} exists." in capsys.readouterr().err
    assert (folder / "README.md").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["Far", "../far", "3d", "far_", "-far", "", "fär", "a" * 65, "a b"]
)
def test_odd_names_are_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["new-task", "--dir", str(tmp_path), "--", name]) == 2
    assert f"{name!r} cannot be a task's name" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["jigsaw", "frame-order"])
def test_name_of_an_installed_task_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["new-task", name, "--dir", str(tmp_path)]) == 2
    taken = f"The task {name.replace('-', '_')!r} of vadkit has that name."
    assert taken in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_name_of_an_installed_module_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["new-task", "detectors", "--dir", str(tmp_path)]) == 2
    assert "vadkit_detectors" in capsys.readouterr().err


def test_folder_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert execute(["new-task", "far-away", "--dir", str(tmp_path / "file")]) == 2
    assert "vadkit-far-away cannot be written: Not a directory." in capsys.readouterr().err


@pytest.mark.parametrize("name", ["none", "task", "config", "a__b"])
def test_python_takes_every_name(name: str, tmp_path: Path) -> None:
    assert execute(["new-task", name, "--dir", str(tmp_path)]) == 0
    source = (tmp_path / f"vadkit-{name}" / "src" / f"vadkit_{name}" / "task.py").read_text()
    tree = ast.parse(source)
    imported = {
        alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    (made,) = (node.name for node in tree.body if isinstance(node, ast.ClassDef))
    assert made not in imported


def test_writing_a_task_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from vadkit.cli import execute; "
        "execute(['new-task', 'far-away']); print(*sys.modules)"
    )
    modules = set(_python("-c", code, cwd=tmp_path, path=tmp_path).split())
    assert "vadkit.cli.tasks" in modules
    assert modules & {"torch", "cv2", "scipy", "numpy"} == set()

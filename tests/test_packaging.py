"""The wheel: every plugin, every recipe, nothing of the checkout is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ["vadkit", "plugins", "recipes"]
FILES = ["pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"]
BUILD = "from setuptools import build_meta; print(build_meta.build_wheel('dist'))"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the checkout, unpacked."""
    copy = tmp_path_factory.mktemp("copy")
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        shutil.copy(ROOT / file, copy)
    subprocess.run([sys.executable, "-c", BUILD], cwd=copy, check=True, capture_output=True)
    folder = tmp_path_factory.mktemp("unpacked")
    zipfile.ZipFile(next((copy / "dist").glob("*.whl"))).extractall(folder)
    return folder


def test_wheel_holds_every_recipe_and_plugin(unpacked: Path) -> None:
    recipes = {file.relative_to(ROOT / "recipes") for file in (ROOT / "recipes").rglob("*.toml")}
    held = unpacked / "vadkit" / "recipes"
    assert recipes
    assert {file.relative_to(held) for file in held.rglob("*.toml")} == recipes
    plugins = {file.parent.name for file in (ROOT / "plugins").glob("*/__init__.py")}
    assert {file.parent.name for file in unpacked.glob("*/__init__.py")} == plugins | {"vadkit"}
    assert (unpacked / "vadkit" / "py.typed").exists()
    assert (unpacked / "vadkit" / "api.pyi").exists()
    assert (unpacked / "vadkit" / "utils" / "known.toml").exists()


def test_wheel_writes_a_whole_task(unpacked: Path, tmp_path: Path) -> None:
    code = "from vadkit.cli import main; main()"
    subprocess.run(
        [sys.executable, "-c", code, "new-task", "puddle"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        check=True,
    )
    templates = (ROOT / "vadkit" / "templates" / "task").rglob("*.jinja")
    written = [file for file in (tmp_path / "vadkit-puddle").rglob("*") if file.is_file()]
    assert len(written) == len(list(templates)) > 0


def test_wheel_works_outside_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    code = "from vadkit.cli import main; main()"
    for words in (["recipe", "validate", "sota"], ["list-tasks"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(unpacked)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert "jigsaw" in done.stdout
        assert done.stderr == ""

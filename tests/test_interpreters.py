"""CI finds the interpreters that work, and says which it does not try."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "interpreters.py"


def _interpreter(folder: Path, name: str, lines: str) -> Path:
    """A program of that name that does what these lines of shell say."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{lines}\n")
    (folder / name).chmod(0o755)
    return folder / name


def _search(path: Path, pyenv: Path) -> tuple[list[str], str]:
    """The two paths that the script prints, and what it says beside."""
    done = subprocess.run(
        [sys.executable, SCRIPT],
        env={**os.environ, "PATH": str(path), "PYENV_ROOT": str(pyenv)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines(), done.stderr


def test_a_lone_interpreter_is_both_and_the_others_are_counted(tmp_path: Path) -> None:
    paths, report = _search(tmp_path / "none", tmp_path / "none")
    assert paths == [sys.executable] * 2
    missing = {"3.11", "3.12", "3.13"} - {f"3.{sys.version_info.minor}"}
    assert f"not tried, {len(missing)} of 3: " in report
    assert all(f"{version} (not on this machine)" in report for version in missing)


@pytest.mark.parametrize("place", ["PATH", "pyenv"])
def test_the_newest_is_found_in(place: str, tmp_path: Path) -> None:
    folders = {"PATH": tmp_path / "bin", "pyenv": tmp_path / "pyenv" / "versions" / "3.99" / "bin"}
    newest = _interpreter(folders[place], "python3.99", "echo 3 99 0")
    paths, report = _search(tmp_path / "bin", tmp_path / "pyenv")
    assert paths == [sys.executable, str(newest)]
    assert "newest: Python 3.99.0" in report


@pytest.mark.parametrize("lines", ["exit 127", "echo 3 10 9"], ids=["broken", "too old"])
def test_what_does_not_work_is_not_taken(lines: str, tmp_path: Path) -> None:
    _interpreter(tmp_path, "python3.99", lines)
    assert _search(tmp_path, tmp_path)[0] == [sys.executable] * 2


def test_one_in_between_is_named(tmp_path: Path) -> None:
    for minor in (11, 12, 13, 99):
        _interpreter(tmp_path, f"python3.{minor}", f"echo 3 {minor} 0")
    report = _search(tmp_path, tmp_path)[1]
    between = "3.13" if sys.version_info[:2] == (3, 12) else "3.12"  # CI runs with this one
    assert f"{between} (neither the oldest nor the newest)" in report

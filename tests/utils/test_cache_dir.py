"""One rule for where the caches are, and nothing heavy is imported to know it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vadkit.utils.cache_dir import cache_home


def test_what_is_given_counts_before_the_environment_before_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path / "said"))
    assert cache_home(tmp_path / "given") == tmp_path / "given"
    assert cache_home() == tmp_path / "said"
    monkeypatch.setenv("VADKIT_HOME", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_home().name == "vadkit"


def test_nobody_else_reads_the_variable() -> None:
    host = Path(__file__).parents[2] / "vadkit"
    readers = [
        path.relative_to(host).as_posix()
        for path in host.rglob("*.py")
        if 'environ.get("VADKIT_HOME")' in path.read_text("utf-8")
        or "user_cache" in path.read_text("utf-8")
    ]
    assert readers == ["utils/cache_dir.py"]


def test_it_is_known_without_torch() -> None:
    code = "import sys, vadkit.utils.cache_dir; print({'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.stdout.strip() == "set()"

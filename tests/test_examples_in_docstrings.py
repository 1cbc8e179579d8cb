"""What docstrings show is what comes out."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
    for folder in (ROOT, ROOT / "plugins")
    for file in folder.glob("vadkit*/**/*.py")
    if ">>> " in file.read_text("utf-8")
)


def test_there_are_some() -> None:
    assert "vadkit.runs.names" in MODULES


@pytest.mark.parametrize("name", MODULES)
def test_examples_come_out_as_shown(name: str) -> None:
    tried = doctest.testmod(import_module(name))
    assert tried.attempted
    assert not tried.failed

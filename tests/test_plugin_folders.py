"""What is built in keeps to what a stranger may use, and stays short."""

from __future__ import annotations

import ast
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from vadkit.registry.cards import TaskCard
from vadkit.registry.registry import load_plugins

PLUGINS = Path(__file__).parents[1] / "plugins"
FILES = sorted(PLUGINS.rglob("*.py"))
MOST_LINES = 200
"""Of a task's two files together."""


def imported(file: Path) -> set[str]:
    """The modules that a file imports, also inside functions."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def test_there_are_some() -> None:
    assert len(FILES) > 40


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PLUGINS)))
def test_nothing_of_vadkit_but_its_api_is_imported(file: Path) -> None:
    own = {name for name in imported(file) if name.partition(".")[0] == "vadkit"}
    assert own <= {"vadkit.api"}


def test_a_tasks_two_files_are_short() -> None:
    tasks = [card for card in load_plugins().cards("task") if isinstance(card, TaskCard)]
    folders = {PLUGINS / card.load.partition(".")[0] for card in tasks}
    assert len(folders) == len(tasks)
    long = {
        folder.name: lines
        for folder in folders
        if (lines := sum(len(file.read_text().splitlines()) for file in folder.glob("*.py")))
        > MOST_LINES
    }
    assert long == {}


def test_every_folder_has_its_entry_point() -> None:
    modules = {point.value.partition(":")[0] for point in entry_points(group="vadkit")}
    assert {folder.name for folder in PLUGINS.glob("vadkit_*")} <= modules

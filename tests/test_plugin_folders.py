"""What is built in keeps to what a stranger may use, and stays short."""

from __future__ import annotations

import ast
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

from vadkit.registry.cards import TaskCard
from vadkit.registry.registry import load_plugins

ROOT = Path(__file__).parents[1]
PLUGINS = ROOT / "plugins"
FOLDERS = {file.parent for file in PLUGINS.glob("*/__init__.py")}
EXAMPLES = [*ROOT.glob("docs/examples/*/*.py"), *ROOT.glob("docs/examples/*/src/**/*.py")]
MOST_LINES = 200
"""Of a task's two files together."""


def imported(file: Path) -> set[str]:
    """The modules that a file imports, also inside functions."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def test_there_are_some() -> None:
    assert len(FOLDERS) > 20
    assert {file.parent.name for file in EXAMPLES} == {"lobby", "vadkit_flicker"}


def test_linted_imports_are_those_of_all_folders() -> None:
    """Folders outside of this list would be free to import all of the core."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    assert set(table["root_packages"]) == {"vadkit", *(folder.name for folder in FOLDERS)}


def test_examples_import_nothing_of_vadkit_but_its_api() -> None:
    """The linter reads packages that are installed, and these are not."""
    private = {
        str(file.relative_to(ROOT)): names
        for file in EXAMPLES
        if (names := {n for n in imported(file) if f"{n}.".startswith("vadkit.")} - {"vadkit.api"})
    }
    assert private == {}


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
    assert {folder.name for folder in FOLDERS} <= modules

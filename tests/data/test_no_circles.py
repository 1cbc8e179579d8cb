"""Modules of the data layer form no circle, not even through imports inside functions."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]


def read_by(path: Path) -> set[str]:
    """The modules of the host that a module imports anywhere."""
    tree = ast.walk(ast.parse(path.read_text("utf-8")))
    return {node.module for node in tree if isinstance(node, ast.ImportFrom) and node.module}


def test_no_module_leads_back_to_itself() -> None:
    files = (ROOT / "vadkit" / "data").rglob("*.py")
    names = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path for path in files
    }
    graph = {name: read_by(path) & names.keys() for name, path in names.items()}
    assert graph["vadkit.data.video.open_video"] > {
        "vadkit.data.video.folder_reader",
        "vadkit.data.video.file_reader",
    }
    TopologicalSorter(graph).prepare()  # raises where there is a circle

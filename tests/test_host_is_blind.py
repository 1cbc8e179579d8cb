"""The core knows no task and no data set by name (DESIGN 1.1)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import vadkit
from vadkit.registry.registry import load_plugins

CORE = Path(vadkit.__file__).parent
WORD = re.compile(r"[a-z0-9_-]+")
SENTENCE = 4
"""Words from which a string is prose for people: nothing is decided by it."""
ORDINARY = {"color", "flow", "pose", "segmentation", "shape"}
"""Tasks called as what every array, plot or teacher's role is: identifiers of that name decide
nothing, and a string names the task only as "shape.error" does."""
ORDINARY_DATASETS = {"folder", "images"}
"""Data sets called as what every path and video is."""


@cache
def task_names() -> set[str]:
    """The names of all installed tasks."""
    return {offer.card.name for offer in load_plugins().offers("task")}


@cache
def dataset_names() -> set[str]:
    """The names of all installed data sets, but for those that are ordinary words."""
    return {offer.card.name for offer in load_plugins().offers("dataset")} - ORDINARY_DATASETS


def words_of_code(source: str) -> Iterator[tuple[int, str]]:
    """(line, word) of every string and identifier that the program can act upon.

    Docstrings, comments and sentences may speak of tasks: they decide nothing.
    """
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in prose and len(node.value.split()) < SENTENCE:
                yield from ((node.lineno, word) for word in _words(node.value.lower()))
        elif isinstance(node, ast.alias):
            yield from ((node.lineno, word) for word in _parts(node.name))
        else:
            yield from _identifiers(node)


def _identifiers(node: ast.AST) -> Iterator[tuple[int, str]]:
    for field in ("name", "id", "attr", "arg", "module"):
        value = getattr(node, field, None)
        if isinstance(value, str) and hasattr(node, "lineno"):
            yield from ((node.lineno, word) for word in _parts(value))


def _parts(name: str) -> list[str]:
    return [word for word in name.lower().split(".") if word not in ORDINARY]


def _words(text: str) -> list[str]:
    scores = {word for word in ORDINARY if text.startswith(f"{word}.")}
    return [word for word in WORD.findall(text) if word not in ORDINARY - scores]


def named_in(source: str, names: set[str]) -> list[tuple[int, str]]:
    identifiers = {name.replace("-", "_") for name in names}
    forbidden = names | identifiers | {f"vadkit_{name}" for name in identifiers}
    return [(line, word) for line, word in words_of_code(source) if word in forbidden]


def test_there_are_names_to_be_blind_to() -> None:
    assert len(task_names()) >= 5
    assert len(dataset_names()) >= 5


def test_core_names_no_task_and_no_data_set() -> None:
    names = task_names() | dataset_names()
    assert [
        f"{file.relative_to(CORE)}:{line}: {word}"
        for file in sorted(CORE.rglob("*.py"))
        for line, word in named_in(file.read_text("utf-8"), names)
    ] == []


@pytest.mark.parametrize(
    "source",
    [
        "if name == 'jigsaw': pass",
        "USE = ('jigsaw.error',)",
        "from vadkit_jigsaw.task import Jigsaw",
        "import vadkit_jigsaw",
        "jigsaw = 3",
        "task.jigsaw()",
        "run(jigsaw=3)",
        "f'{x} jigsaw'",
        "class Jigsaw: pass",
        "jig_saw(3)",
    ],
)
def test_a_name_in_code_is_seen(source: str) -> None:
    assert named_in(source, {"jigsaw", "jig-saw"})


@pytest.mark.parametrize("source", ["use = 'shape.error'", "import vadkit_shape"])
def test_an_ordinary_word_is_seen_where_it_names_a_task(source: str) -> None:
    assert named_in(source, {"shape"})


@pytest.mark.parametrize("source", ["image.shape", "plot(color=1)", "rc = {'grid.color': 1}"])
def test_an_ordinary_word_is_no_knowledge(source: str) -> None:
    assert named_in(source, {"shape", "color"}) == []


def test_a_name_in_prose_is_no_knowledge() -> None:
    source = '"""As jigsaw does."""\nx = 1  # jigsaw\nsay("Not as jigsaw does.")\n'
    assert named_in(source, {"jigsaw"}) == []

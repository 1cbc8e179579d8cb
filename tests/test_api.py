"""`vadkit.api`: all that it names is there, and its lazy names are those that checkers see."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from vadkit import api


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(api, name) is not None


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no 'Puddle'"):
        _ = api.Puddle


def test_names_are_lazy_as_the_type_checker_sees_them() -> None:
    tree = ast.parse(Path(api.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    checked = {alias.name: node.module for node in imports for alias in node.names}
    assert checked == {name: f"vadkit.{module}" for name, module in api._LAZY.items()}

"""Names that a module offers and imports when they are first used: its stub lists them.

The stub is what type checkers see, so both know the same names.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any


def listed_names(file: str) -> dict[str, str]:
    """Name -> the module that has it, from the imports in the stub beside a module's file."""
    stub = ast.parse(Path(file).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def lazy_name(module: str, modules: Mapping[str, str], name: str) -> Any:
    """What a module's `__getattr__` gives.

    Raises:
        AttributeError: The stub does not list the name.
    """
    if name not in modules:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    return getattr(import_module(modules[name]), name)

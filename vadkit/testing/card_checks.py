"""The part of the conformance kit that looks at a task's card and imports nothing heavy."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

from vadkit.errors import PluginError
from vadkit.registry.card_validation import check_card
from vadkit.registry.cards import TaskCard

HEAVY = ("torch", "cv2", "scipy")
"""What listing tasks must not import."""


def expect(card: TaskCard, holds: bool, broken: str) -> None:
    """Raise a PluginError, a sentence about the task, unless something holds."""
    if not holds:
        raise PluginError(f"The task {card.name!r} {broken}.")


def _card(card: TaskCard, _: Any) -> None:
    """The card is what the host takes, and what makes it imports nothing heavy."""
    check_card(card, "vadkit_tasks")
    module = card.sampling.__module__
    heavy = [name for name in _imported_with(module) if name in HEAVY]
    expect(card, not heavy, f"imports {', '.join(heavy)} when listed (module {module})")


def _imported_with(module: str) -> list[str]:
    """Top-level modules that a fresh interpreter has after it imported a module."""
    file = getattr(sys.modules[module], "__file__", None)
    path = [*sys.path, str(Path(file).parent)] if file else sys.path
    code = "import importlib, sys; importlib.import_module(sys.argv[1]); print(*sys.modules)"
    done = subprocess.run(  # noqa: S603 - this interpreter, and a module it has imported before
        [sys.executable, "-c", code, module],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PluginError(f"{module} cannot be imported afresh: {done.stderr.strip()[-300:]}")
    return done.stdout.split()


def _options(card: TaskCard, _: Any) -> None:
    """Every option has a docstring under it."""
    names = {option.name for option in fields(card.config)}
    bare = sorted(names.difference(*(_documented(class_) for class_ in card.config.__mro__[:-1])))
    expect(card, not bare, f"has options without a docstring: {', '.join(bare)}")


def _documented(config: type) -> set[str]:
    """Names of the fields that a string literal follows."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(config))).body[0]
    return {
        line.target.id
        for line, below in pairwise(getattr(tree, "body", []))
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
    }


def _declared(card: TaskCard, config: Any) -> None:
    """Samplings and needs ask for something, and scoring asks for no labels."""
    scoring = card.reads_to_score(config)
    samplings = (*card.reads(config), scoring)
    needs = (*card.needs(config), *card.needs_to_score(config))
    counts = [n for s in samplings for n in (s.frames, s.windows, s.stride)]
    counts += [need.frames for need in needs]
    expect(card, min(counts) >= 1, "asks for less than one frame, window or step")
    expect(card, not (card.scored and scoring.labels), "asks for labels to score")
    for needed in (card.needs(config), card.needs_to_score(config)):
        keys = [need.key for need in needed]
        expect(card, len(set(keys)) == len(keys), "needs two answers of one name")
    roles = [sampling.role for sampling in card.reads(config)]
    expect(card, len(set(roles[1:])) == len(roles[1:]), "reads two samplings of one role beside")


CARD_CHECKS: dict[str, Callable[[TaskCard, Any], None]] = {
    "card": _card,
    "options": _options,
    "declared": _declared,
}

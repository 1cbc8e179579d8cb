"""vadkit: video anomaly detection with proxy tasks, in phases."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vadkit.utils.threads import yield_while_waiting

yield_while_waiting()  # before anything imports torch

if TYPE_CHECKING:
    from vadkit.errors import VadkitError
    from vadkit.metrics.metrics_schema import Metrics, ScoreFigures
    from vadkit.python_api import Run, evaluate, load_recipe, load_run, run
    from vadkit.recipe.bound_recipe import BoundRecipe
    from vadkit.report.score_files import ScoreTable

_LAZY = {
    "BoundRecipe": "recipe.bound_recipe",
    "Metrics": "metrics.metrics_schema",
    "Run": "python_api",
    "ScoreFigures": "metrics.metrics_schema",
    "ScoreTable": "report.score_files",
    "VadkitError": "errors",
    "evaluate": "python_api",
    "load_recipe": "python_api",
    "load_run": "python_api",
    "run": "python_api",
}

__all__ = [
    "BoundRecipe",
    "Metrics",
    "Run",
    "ScoreFigures",
    "ScoreTable",
    "VadkitError",
    "evaluate",
    "load_recipe",
    "load_run",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'vadkit' has no attribute {name!r}")
    return getattr(import_module(f"vadkit.{_LAZY[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

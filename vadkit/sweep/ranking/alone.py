"""Recipes of one phase for each task of a recipe, and a grid of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vadkit.recipe import Phase, Recipe, Score, resolved
from vadkit.runs.atomic import write_text


@dataclass(frozen=True)
class Alone:
    """A recipe's task by itself."""

    task: str
    judged_by: str
    """Which score, of which head."""
    recipe: Recipe


def tasks_alone(recipe: Recipe) -> list[Alone]:
    """A recipe of one phase for each task, in the order in which they begin.

    A task that the protocol scores by is judged by its own scores; any other by the protocol's,
    with a head fitted to the backbone that it trained.
    """
    firsts: dict[str, Phase] = {}
    for phase in recipe.phase:
        for entry in phase.tasks:
            # Gentle rates keep what earlier phases learned, and here there is none.
            gentle = entry.backbone_lr is not None and entry.backbone_lr > 0
            changes = {"from_epoch": 1, **({"backbone_lr": None} if gentle else {})}
            alone = phase.model_copy(update={"tasks": (entry.model_copy(update=changes),)})
            firsts.setdefault(entry.name, alone)
    return [_alone(recipe, task, phase) for task, phase in firsts.items()]


def _alone(recipe: Recipe, task: str, phase: Phase) -> Alone:
    own_scores = tuple(use for use in recipe.score.use if use.task == task)
    use = own_scores or recipe.score.use
    weights = {name: weight for name, weight in recipe.score.weights.items() if name in use}
    heads = "trained" if own_scores else "refit"
    changes = {"use": use, "weights": weights, "heads": heads, "also": {}, "oracle": False}
    score: Score = recipe.score.model_copy(update=changes)
    names = ", ".join(use)
    judged_by = f"its own {names}" if own_scores else f"{names} of a head re-fitted on its backbone"
    return Alone(task, judged_by, recipe.model_copy(update={"phase": (phase,), "score": score}))


def write_grid(folder: Path, title: str, alone: Sequence[Alone]) -> Path:
    """Write a grid with a row for each task, and the recipes of the rows."""
    import tomli_w

    rows = []
    for task in alone:
        file = folder / "recipes" / f"{task.task}.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, resolved(task.recipe))
        rows.append({"name": task.task, "recipe": f"recipes/{task.task}.toml"})
    seeds = [alone[0].recipe.seed]
    grid = {"title": f"Each task of {title} alone", "seeds": seeds, "row": rows}
    write_text(folder / "tasks.toml", tomli_w.dumps(grid))
    return folder / "tasks.toml"

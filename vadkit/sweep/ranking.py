"""How hard each task of a recipe is ([001] 3.4): trained alone, by the AUC on named videos.

This needs labels. Whoever ranks by test videos and reports on the same has chosen by test labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from vadkit.engines import Engine
from vadkit.errors import DataError, RecipeError
from vadkit.metrics.figures import MICRO_AUC
from vadkit.metrics.frame_metrics import evaluate
from vadkit.recipe import BoundRecipe, Phase, Recipe, resolved
from vadkit.report.comparison import FinishedRun
from vadkit.report.score_files import files
from vadkit.runs.atomic import write_text
from vadkit.runs.folder import RunFolder
from vadkit.sweep.driver import Tell
from vadkit.sweep.expansion import entries_of
from vadkit.sweep.folder import SweepFolder
from vadkit.sweep.grid import read_grid
from vadkit.sweep.run import sweep
from vadkit.sweep.schedule import Options

_SPLIT = re.compile(r"test(?:\[(-?\d+)?:(-?\d+)?(?::(-?0*[1-9]\d*)?)?\])?")


@dataclass(frozen=True)
class Split:
    """Some of the test videos, in order of their names."""

    text: str
    """`test`, or a slice such as `test[::2]`."""
    part: slice

    @classmethod
    def parse(cls, text: str) -> Split:
        """Read what was asked for.

        Raises:
            RecipeError: It is neither `test` nor a slice of it.

        >>> Split.parse("test[1::2]").part
        slice(1, None, 2)
        """
        match = _SPLIT.fullmatch(text.replace(" ", ""))
        if not match:
            raise RecipeError(
                f"{text!r} is no split.", 'It is test, or a slice of its videos: "test[::2]".'
            )
        return cls(text, slice(*(int(number) if number else None for number in match.groups())))


@dataclass(frozen=True)
class TaskAlone:
    """A recipe's task by itself."""

    task: str
    judged_by: str
    """Which score, of which head."""
    recipe: Recipe
    """Of one phase."""


def tasks_alone(recipe: Recipe) -> list[TaskAlone]:
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


def _alone(recipe: Recipe, task: str, phase: Phase) -> TaskAlone:
    trained = {entry.name for every in recipe.phase for entry in every.tasks}
    scores = recipe.score.use or tuple(name for name in recipe.score.names if name.task in trained)
    task_scores = tuple(name for name in scores if name.task == task)
    use = task_scores or scores
    names = ", ".join(use)
    if task_scores:
        heads, judged_by = "trained", f"its own {names}"
    else:
        heads, judged_by = "refit", f"{names} of a head re-fitted on its backbone"
    weights = {name: weight for name, weight in recipe.score.weights.items() if name in use}
    asked = {"use": use, "questions": {}, "weights": weights}
    changes = {**asked, "heads": heads, "also": {}, "oracle": False}
    score = recipe.score.model_copy(update=changes)
    return TaskAlone(task, judged_by, recipe.model_copy(update={"phase": (phase,), "score": score}))


@dataclass(frozen=True)
class Ranked:
    """What a task alone is worth."""

    task: str
    judged_by: str
    auc: float
    """Micro AUC on the split's videos, the mean over the seeds."""


@dataclass(frozen=True)
class Ranking:
    """The tasks of a recipe, the easiest first."""

    ranked: tuple[Ranked, ...]
    split: Split
    videos: tuple[str, ...]
    """Whose labels were used."""
    test_videos: int
    """How many there are."""

    @property
    def order(self) -> list[str]:
        return [task.task for task in self.ranked]

    def warning(self) -> str:
        """That labels were used, and of which videos."""
        names = ", ".join(self.videos)
        return (
            f"This order was chosen with labels: those of {self.split.text}, {len(self.videos)} of "
            f"{self.test_videos} test videos ({names}). Figures on these videos are optimistic; "
            "report on others."
        )


def rank(
    bound: BoundRecipe,
    folder: Path,
    split: Split,
    *,
    title: str,
    seeds: str | None = None,
    engine: Callable[[], Engine],
    options: Options | None = None,
    tell: Tell = print,
) -> tuple[Ranking | None, dict[str, str]]:
    """Train each task of a recipe alone, and order them by what they are worth.

    Recipes and a sweep go into the folder; a second call there does what is left. The title is
    what the recipe is called; seeds are whole numbers with commas, instead of the recipe's own.
    Engine, options and tell are those of `sweep`.

    Returns:
        The ranking, or None where a training failed; and why those failed that did.

    Raises:
        DataError: The split has no video, or none that tells normal from anomalous.
        VadkitError: As for `sweep`.
    """
    tasks, cells = tasks_alone(bound.recipe), SweepFolder(folder / "sweep")
    file = read_grid(_write_grid(folder, title, tasks), bound.registry, seeds=seeds)
    failed = sweep(file, cells.path, engine=engine, options=options, tell=tell)
    if failed:
        return None, failed
    runs: dict[str, list[RunFolder]] = {}  # of each task, one a seed
    for entry in entries_of(file, cells.names()):
        runs.setdefault(entry.row, []).append(RunFolder(cells.cell(entry.cell.name)))
    test_videos = list(_labels(runs[tasks[0].task][0]))
    videos = test_videos[split.part]
    if not videos:
        raise DataError(f"{split.text} has none of the {len(test_videos)} test videos.")
    ranked = []
    for task in tasks:
        auc = mean(_micro_auc(run, videos) for run in runs[task.task])
        ranked.append(Ranked(task.task, task.judged_by, auc))
    ranked.sort(key=lambda task: -task.auc)  # of equals, the one that begins first
    return Ranking(tuple(ranked), split, tuple(videos), len(test_videos)), {}


def _write_grid(folder: Path, title: str, tasks: Sequence[TaskAlone]) -> Path:
    """Write a grid with a row for each task, and the recipes of the rows."""
    import tomli_w

    rows = []
    for task in tasks:
        write_text(folder / "recipes" / f"{task.task}.toml", resolved(task.recipe))
        rows.append({"name": task.task, "recipe": f"recipes/{task.task}.toml"})
    seeds = [tasks[0].recipe.seed]
    grid = {"title": f"Each task of {title} alone", "seeds": seeds, "row": rows}
    write_text(folder / "tasks.toml", tomli_w.dumps(grid))
    return folder / "tasks.toml"


def _labels(run: RunFolder) -> dict[str, Path]:
    """Test video -> its file of labels."""
    if not run.labels.is_dir():
        raise DataError(
            "The test videos have no labels, without which no task is easier than another.",
            "Bind a data set that has some with --data.",
        )
    return files(run.labels)


def _micro_auc(run: RunFolder, videos: Sequence[str]) -> float:
    """Of the scores that the recipe's protocol made of some videos."""
    figures = evaluate(*FinishedRun.read(run.path).counted(videos))
    micro = MICRO_AUC.value(figures)
    if micro is None:
        raise DataError(
            f"All frames of {', '.join(videos)} are of one class, which ranks nothing.",
            "Choose a split with normal and anomalous frames.",
        )
    return micro

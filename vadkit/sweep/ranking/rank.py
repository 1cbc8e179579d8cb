"""How hard each task of a recipe is ([001] 3.4): trained alone, by the AUC on named videos.

This needs labels. Whoever ranks by test videos and reports on the same has chosen by test labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean

from vadkit.data.annotations.frame_labels import read_labels
from vadkit.engines import Engine
from vadkit.errors import DataError, RecipeError
from vadkit.metrics.figures import MICRO_AUC
from vadkit.metrics.frame_metrics import evaluate
from vadkit.recipe import BoundRecipe, Recipe
from vadkit.report.score_files import files, read_frame_scores
from vadkit.runs.folder import RunFolder
from vadkit.scoring.protocol import frames_that_count
from vadkit.sweep.driver import Tell
from vadkit.sweep.expansion import entries_of
from vadkit.sweep.folder import SweepFolder
from vadkit.sweep.grid import GridFile, read_grid
from vadkit.sweep.options import Options
from vadkit.sweep.ranking.alone import tasks_alone, write_grid
from vadkit.sweep.run import sweep

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
    of: int
    """How many test videos there are."""

    @property
    def order(self) -> list[str]:
        return [task.task for task in self.ranked]

    def told(self) -> str:
        """That labels were used, and of which videos."""
        named = ", ".join(self.videos)
        return (
            f"This order was chosen with labels: those of {self.split.text}, {len(self.videos)} of "
            f"{self.of} test videos ({named}). Figures on these videos are optimistic; report on "
            "others."
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

    Args:
        bound: The recipe whose tasks are ranked.
        folder: Where recipes and sweep go; a second call there does what is left.
        split: Whose labels are used.
        title: What to call the recipe.
        seeds: Whole numbers with commas, instead of the recipe's own.
        engine: As for `sweep`.
        options: As for `sweep`.
        tell: As for `sweep`.

    Returns:
        The ranking, or None where a training failed; and why those failed that did.

    Raises:
        DataError: The split has no video, or none that tells normal from anomalous.
        VadkitError: As for `sweep`.
    """
    recipe = bound.recipe
    alone = tasks_alone(recipe)
    file = read_grid(write_grid(folder, title, alone), bound.registry, seeds=seeds)
    out = folder / "sweep"
    failed = sweep(file, out, engine=engine, options=options, tell=tell)
    if failed:
        return None, failed
    runs = _runs(file, out)
    videos_of_run = list(files(_labelled(runs[alone[0].task][0])))
    videos = videos_of_run[split.part]
    if not videos:
        raise DataError(f"{split.text} has none of the {len(videos_of_run)} test videos.")
    worth = partial(_worth, videos=videos, recipe=recipe)
    ranked = [Ranked(a.task, a.judged_by, mean(map(worth, runs[a.task]))) for a in alone]
    ranked.sort(key=lambda task: -task.auc)  # of equals, the one that begins first
    return Ranking(tuple(ranked), split, tuple(videos), len(videos_of_run)), {}


def _runs(file: GridFile, out: Path) -> Mapping[str, list[Path]]:
    """Task -> the folder of its run with each seed."""
    folder = SweepFolder(out)
    runs: dict[str, list[Path]] = {}
    for entry in entries_of(file, folder.known()):
        runs.setdefault(entry.row, []).append(folder.cell(entry.cell.name))
    return runs


def _labelled(run: Path) -> Path:
    labels = RunFolder(run).labels
    if not labels.is_dir():
        raise DataError(
            "The test videos have no labels, without which no task is easier than another.",
            "Bind a data set that has some with --data.",
        )
    return labels


def _worth(run: Path, videos: Sequence[str], recipe: Recipe) -> float:
    """The micro AUC on some videos, of the scores that the recipe's protocol made."""
    scores, labels = files(RunFolder(run).scores), files(_labelled(run))
    figures = evaluate(
        *frames_that_count(
            {video: read_frame_scores(scores[video]) for video in videos},
            {video: read_labels(labels[video]) for video in videos},
            recipe.score.borders,
        )
    )
    micro = MICRO_AUC.value(figures)
    if micro is None:
        raise DataError(
            f"All frames of {', '.join(videos)} are of one class, which ranks nothing.",
            "Choose a split with normal and anomalous frames.",
        )
    return micro

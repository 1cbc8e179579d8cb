"""What a recipe's tasks read: which clips of which videos, and what is asked of teachers."""

from __future__ import annotations

from collections.abc import Callable

from vadkit.recipe import BoundRecipe
from vadkit.recipe.bound_recipe import Read
from vadkit.registry.cards import Sampling

BASELINE = Sampling(frames=1)
"""Objects, whose boxes are held against a recipe of whole frames too."""


BASELINES = Read("test", (BASELINE,), ())


def required(bound: BoundRecipe, *, labelled: Callable[[], bool]) -> list[Read]:
    """What the tasks read that a recipe trains and scores, training videos first.

    Args:
        bound: Whose tasks.
        labelled: Whether scores will be evaluated; asked where objects are never scored.
    """
    trained, scored = bound.reads
    frames_alone = all(read.samplings[0].unit == "frame" for read in scored)
    return [*trained, *scored, *([BASELINES] if frames_alone and labelled() else [])]

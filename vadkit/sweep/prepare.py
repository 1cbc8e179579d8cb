"""Prepares the data of the first cells while an engine has more room than cells to begin."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vadkit.distributed.signals import Interrupted
from vadkit.engines import Engine
from vadkit.errors import VadkitError
from vadkit.recipe import BoundRecipe
from vadkit.recipe.fingerprint import changed_keys
from vadkit.sweep.driver import Tell
from vadkit.sweep.options import Options
from vadkit.utils.hashing import hash_of


def prepare_all(
    recipes: Sequence[BoundRecipe],
    engine: Engine,
    *,
    options: Options,
    tell: Tell,
    interrupted: Callable[[], None],
) -> None:
    """Make what recipes read, a video a job; what cannot be made the cells will report.

    Args:
        recipes: Those that read the same are prepared once.
        engine: Where videos are decoded.
        options: As for the cells.
        tell: Told what is done.
        interrupted: Raises after a signal; asked after each video.

    Raises:
        Interrupted: A signal came.
    """
    from vadkit.data.prepare import prepare  # torch, which the driver else needs for nothing

    def told(what: str, done: int, count: int) -> None:
        interrupted()
        if done == count:
            tell(f"prepared {what}: {count} videos")

    for bound in {_reads(bound): bound for bound in recipes}.values():
        try:
            prepare(
                bound,
                engine=engine,
                device=options.device,
                strict=options.strict,
                told=told,
            )
        except Interrupted:
            raise
        except VadkitError as error:
            tell(f"not prepared: {error}")


def _reads(bound: BoundRecipe) -> str:
    """Equal for recipes that read the same."""
    keys = changed_keys(bound.recipe)
    read = ("data", "objects", "frames", "channels", "teachers", "tasks", "score")
    return hash_of([*(keys.get(key) for key in read), sorted(bound.trained_tasks)])

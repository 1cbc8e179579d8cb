"""Data of the first cells, prepared where an engine has more room than there are cells to begin."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vadkit.distributed.signals import Interrupted
from vadkit.engines import Engine
from vadkit.errors import VadkitError
from vadkit.recipe import Recipe
from vadkit.registry.registry import Registry
from vadkit.sweep.driver import Options, Tell
from vadkit.utils.hashing import hash_of


def prepare_all(
    recipes: Sequence[Recipe],
    registry: Registry,
    engine: Engine,
    *,
    options: Options,
    tell: Tell,
    interrupted: Callable[[], None],
) -> None:
    """Make what recipes read, a video a job; what cannot be made the cells will report.

    Args:
        recipes: Those that read the same are prepared once.
        registry: Where their plugins come from.
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

    for recipe in {_reads(recipe): recipe for recipe in recipes}.values():
        try:
            prepare(
                recipe,
                registry,
                engine=engine,
                plugins=options.plugins,
                device=options.device,
                strict=options.strict,
                told=told,
            )
        except Interrupted:
            raise
        except VadkitError as error:
            tell(f"not prepared: {error}")


def _reads(recipe: Recipe) -> str:
    """Equal for recipes that read the same."""
    own = {"data", "objects", "frames", "channels", "teachers", "tasks", "score"}
    names = sorted({entry.name for phase in recipe.phase for entry in phase.tasks})
    return hash_of({**recipe.model_dump(mode="json", include=own), "trained": names})

"""`plaza` and `plaza-virtual` as data sets: rendered on first use, then read as any folder."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from vadkit.data.datasets.folder import Folder
from vadkit.data.drawn import in_cache
from vadkit.data.plaza.store import render_world
from vadkit.data.plaza.worlds import PLAZA, VIRTUAL, World
from vadkit.dataset_cards import PLAZA as PLAZA_CARD
from vadkit.dataset_cards import PLAZA_VIRTUAL, PlazaConfig


class Drawn(Folder[PlazaConfig]):
    """A world that is drawn from a seed; a child says which.

    Args:
        root: Where an earlier `render` wrote it; None for the cache, filled when it is empty.
        config: The seed.
    """

    world: ClassVar[World]

    def __init__(self, root: Path | None, config: PlazaConfig) -> None:
        super().__init__(root or cached(self.world, config.seed), config)

    @classmethod
    def render(cls, folder: Path, config: PlazaConfig) -> None:
        """Draw the world into a folder of one's own; raises as the function of this name does."""
        render(folder, config.seed, cls.world)


class Plaza(Drawn):
    """Three scenes with walking people; anomalies of ten kinds in the test videos."""

    card = PLAZA_CARD
    world = PLAZA


class PlazaVirtual(Drawn):
    """Another world whose training videos hold labelled anomalies of six other kinds."""

    card = PLAZA_VIRTUAL
    world = VIRTUAL


def cached(world: World, seed: int) -> Path:
    """The folder of a world in the cache, rendered if it is not there yet."""
    draw = f"{world.version}-{seed}"
    return in_cache(world.name, draw, lambda root: render_world(world, root, seed))


def render(root: Path, seed: int, world: World = PLAZA) -> None:
    """Render `plaza` into a folder of one's own, for `vadkit data render plaza DIR`.

    Args:
        root: The folder; it appears when it is whole, and replaces an older one.
        seed: Which draw of the world.
        world: Which world.
    """
    render_world(world, root, seed)

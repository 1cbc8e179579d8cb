"""`plaza` and `plaza-virtual` as data sets."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from vadkit.api import RenderedDataset, Video
from vadkit_plaza import PLAZA as PLAZA_CARD
from vadkit_plaza import PLAZA_VIRTUAL, PlazaConfig
from vadkit_plaza.worlds import PLAZA, VIRTUAL, World
from vadkit_plaza.writer import SPACE, write_world


class PlazaWorld(RenderedDataset[PlazaConfig]):
    """A world that is drawn from a seed; a subclass says which."""

    world: ClassVar[World]

    @classmethod
    def version(cls, config: PlazaConfig) -> str:
        return f"{cls.world.version}-{config.seed}"

    @classmethod
    def draw(cls, folder: Path, config: PlazaConfig) -> None:
        write_world(cls.world, folder, config.seed)

    @classmethod
    def disk_space(cls, config: PlazaConfig) -> int:
        return SPACE


class Plaza(PlazaWorld):
    """Three scenes with walking people; anomalies of ten kinds in the test videos."""

    card = PLAZA_CARD
    world = PLAZA

    def camera(self, video: Video) -> str:
        """Each scene has one, and its videos begin with its name."""
        return video.name.partition("-")[0]


class PlazaVirtual(PlazaWorld):
    """Another world whose training videos hold labelled anomalies of six other kinds."""

    card = PLAZA_VIRTUAL
    world = VIRTUAL

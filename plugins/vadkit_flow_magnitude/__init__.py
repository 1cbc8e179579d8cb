"""The proxy task `flow_magnitude`: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadkit.api import Need, Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    place: Literal["none", "encoder", "skip", "decoder", "final"] = "decoder"
    """What attention to distance and direction multiplies; [003] found `decoder` the best."""
    scse: bool = True
    """Gate the maps in the middle by channel and by place."""
    mask: bool = True
    """Leave out motion where the segmentation sees no object."""
    objects: tuple[int, ...] = ()
    """Channels of the segmentation that are objects; all but the first where empty."""
    scale: float = 1.0
    """Pixels of the video that count as 1."""
    grid: int = 4
    """Patches a side, of which the worst counts in the loss."""

    def __post_init__(self) -> None:
        if self.scale <= 0 or self.grid < 1 or min(self.objects, default=0) < 0:
            raise ValueError("scale and grid must be positive, and objects no channel below 0")


def needs(config: Config) -> tuple[Need, ...]:
    roles = ["flow"]
    roles += ["segmentation"] if config.mask else []
    roles += ["depth"] if config.place != "none" else []
    return tuple(Need(role=role) for role in roles)


CARD = TaskCard(
    name="flow_magnitude",
    summary="Say from a whole frame how fast what it shows moves.",
    level="visual",
    paper="Baradaran and Bergevin, CVPRW 2023, 3.2",
    config=Config,
    load="vadkit_flow_magnitude.task:FlowMagnitude",
    api=2,
    sampling=lambda _: Sampling(unit="frame", frames=1),
    needs=needs,
    scores=lambda _: ("error",),
    raised_by={"error": "invert"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

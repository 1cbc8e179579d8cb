"""The proxy task `future_segmentation`: its card."""

from __future__ import annotations

from dataclasses import dataclass

from vadkit.api import Need, Sampling, TaskCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    past: int = 2
    """Frames that are seen, up to the one before the frame that is segmented."""
    foresee: bool = True
    """Do not show the frame that is segmented; otherwise the frames that are seen end with it."""
    scse: bool = False
    """Gate the maps in the middle by channel and by place; [003] does so in the other branch."""
    grid: int = 4
    """Patches a side, of which the worst counts in the loss."""

    def __post_init__(self) -> None:
        if self.past < 1 or self.grid < 1:
            raise ValueError("past and grid must be at least 1")


CARD = TaskCard(
    name="future_segmentation",
    summary="Foresee the segmentation of a whole frame from the frames before it.",
    level="semantic",
    paper="Baradaran and Bergevin, CVPRW 2023, 3.1",
    config=Config,
    load="vadkit_future_segmentation.task:FutureSegmentation",
    api=2,
    # Around the frame that is foreseen, so that the score is that frame's.
    sampling=lambda config: Sampling(unit="frame", frames=2 * config.past + 1),
    needs=lambda _: (Need(role="segmentation"),),
    scores=lambda _: ("error",),
    raised_by={"error": "noise"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

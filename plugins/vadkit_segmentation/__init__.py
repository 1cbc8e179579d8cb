"""The proxy task `segmentation`: its card."""

from __future__ import annotations

from vadkit.api import Need, Sampling, TaskCard, hookimpl

CARD = TaskCard(
    name="segmentation",
    summary="Segment an object's middle frame as a teacher does.",
    level="semantic",
    paper="Barbalau et al., CVIU 2023, T7",
    load="vadkit_segmentation.task:Segmentation",
    api=2,
    sampling=lambda _: Sampling(frames=1),
    needs=lambda _: (Need(role="segmentation"),),
    scores=lambda _: ("error",),
    raised_by={"error": "invert"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

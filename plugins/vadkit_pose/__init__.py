"""The proxy task `pose`: its card."""

from __future__ import annotations

from vadkit.api import Need, Sampling, TaskCard, hookimpl

CARD = TaskCard(
    name="pose",
    summary="Find an object's joints in its middle frame as a teacher does.",
    level="semantic",
    paper="Barbalau et al., CVIU 2023, T9",
    load="vadkit_pose.task:Pose",
    api=2,
    sampling=lambda _: Sampling(frames=1),
    needs=lambda _: (Need(role="pose"),),
    scores=lambda _: ("error",),
    raised_by={"error": "invert"},
)


@hookimpl
def vadkit_tasks() -> list[TaskCard]:
    return [CARD]

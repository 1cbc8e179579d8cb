"""The hooks of vadkit. A plugin is a module with some of these functions, named by an entry point.

docs/write-other-plugins.md has an example of each.

[project.entry-points.vadkit]
flicker = "vadkit_flicker"
"""

from __future__ import annotations

import pluggy

from vadkit.registry.cards import (
    BackboneCard,
    DatasetCard,
    DetectorCard,
    EvidenceCard,
    TaskCard,
    TeacherCard,
)

hookspec = pluggy.HookspecMarker("vadkit")
hookimpl = pluggy.HookimplMarker("vadkit")


@hookspec
def vadkit_tasks() -> list[TaskCard]:  # type: ignore[empty-body]
    """Proxy tasks.

    Example:
        @hookimpl
        def vadkit_tasks():
            return [TaskCard(name="flicker", summary="Tell a flickering clip from a steady one.",
                             level="semantic", load="vadkit_flicker.task:Flicker", api=2,
                             sampling=lambda config: Sampling(frames=5))]
    """


@hookspec
def vadkit_backbones() -> list[BackboneCard]:  # type: ignore[empty-body]
    """Backbones."""


@hookspec
def vadkit_teachers() -> list[TeacherCard]:  # type: ignore[empty-body]
    """Teachers."""


@hookspec
def vadkit_detectors() -> list[DetectorCard]:  # type: ignore[empty-body]
    """Detectors of objects."""


@hookspec
def vadkit_evidence() -> list[EvidenceCard]:  # type: ignore[empty-body]
    """Evidence parts.

    Example:
        @hookimpl
        def vadkit_evidence():
            return [EvidenceCard(name="colour", summary="An object's mean colour.",
                                 load="vadkit_colour:Colour", attributes=("distance",))]
    """


@hookspec
def vadkit_datasets() -> list[DatasetCard]:  # type: ignore[empty-body]
    """Data sets."""

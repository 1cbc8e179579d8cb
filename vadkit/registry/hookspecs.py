"""The hooks of vadkit. A plugin is a module with some of these functions, named by an entry point.

[project.entry-points.vadkit]
flicker = "vadkit_flicker"
"""

from __future__ import annotations

import pluggy

from vadkit.registry.cards import BackboneCard, DatasetCard, DetectorCard, TaskCard, TeacherCard

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
    """Backbones.

    Example:
        @hookimpl
        def vadkit_backbones():
            return [BackboneCard(name="tiny", summary="Two convolutions.", config=Config,
                                 load="vadkit_tiny.backbone:Tiny")]
    """


@hookspec
def vadkit_teachers() -> list[TeacherCard]:  # type: ignore[empty-body]
    """Teachers.

    Example:
        @hookimpl
        def vadkit_teachers():
            return [TeacherCard(name="mean-colour", role="scene", summary="A frame's mean colour.",
                                load="vadkit_mean:MeanColour",
                                sampling=lambda config: Sampling(unit="frame", frames=1))]
    """


@hookspec
def vadkit_detectors() -> list[DetectorCard]:  # type: ignore[empty-body]
    """Detectors of objects.

    Example:
        @hookimpl
        def vadkit_detectors():
            return [DetectorCard(name="whole", summary="One box: the frame.",
                                 load="vadkit_whole:Whole")]
    """


@hookspec
def vadkit_datasets() -> list[DatasetCard]:  # type: ignore[empty-body]
    """Data sets.

    Example:
        @hookimpl
        def vadkit_datasets():
            return [DatasetCard(name="lobby", summary="Our lobby.", load="vadkit_lobby:Lobby",
                                layout="train/*.mp4, test/*.mp4")]
    """

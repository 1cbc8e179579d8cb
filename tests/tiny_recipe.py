"""What makes any recipe take seconds."""

from __future__ import annotations

from pathlib import Path

from tiny_world import World

from vadkit.recipe import load_recipe
from vadkit.registry.registry import Registry

SMALL = (
    "threads=1",
    "objects.size=16",
    "frames.size=[24, 32]",
    "optim.batch=16",
    "optim.hold_out=0",
    "score.refit_epochs=1",
)


NARROW = {
    "unet": ("width=8", "depth=2"),
    "conv3d": (),
    "pyramid": ('encoder="resnet10t"', "depth=2"),
}
"""Backbone -> options that make it quick."""


def small(name: str | Path, world: World, registry: Registry) -> list[str]:
    """Changes to a recipe: another world, two steps a phase, a narrow backbone."""
    recipe = load_recipe(name, registry=registry).recipe
    others = [role for role in recipe.data if role != "target"]
    folder = f'{{ dataset = "folder", path = "{world.root}/virtual" }}'
    phases = range(len(recipe.phase))
    return [
        *SMALL,
        *(f"data.{role}={folder}" for role in others),
        *(f"backbone.{option}" for option in NARROW[recipe.backbone.name]),
        *(
            f"backbones.{name}.{option}"
            for name, source in recipe.backbones.items()
            for option in NARROW[source.name]
        ),
        *(f"phase.{number}.{key}" for number in phases for key in ("epochs=1", "steps=2")),
        *(  # who joins later would not be there at all
            f"phase.{number}.tasks.{index}.from_epoch=1"
            for number, phase in enumerate(recipe.phase)
            for index, entry in enumerate(phase.tasks)
            if entry.from_epoch > 1
        ),
    ]

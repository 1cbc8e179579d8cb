"""Backbones of the papers beside the built-in U-Net."""

from __future__ import annotations

from vadkit.api import BackboneCard, hookimpl
from vadkit_backbones.conv3d_card import CONV3D
from vadkit_backbones.pyramid_card import PYRAMID


@hookimpl
def vadkit_backbones() -> list[BackboneCard]:
    return [CONV3D, PYRAMID]

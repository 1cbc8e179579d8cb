"""Backbones of the papers."""

from __future__ import annotations

from vadkit.api import BackboneCard, hookimpl
from vadkit_backbones.conv3d_card import CONV3D
from vadkit_backbones.pyramid_card import PYRAMID
from vadkit_backbones.unet_card import UNET


@hookimpl
def vadkit_backbones() -> list[BackboneCard]:
    return [UNET, CONV3D, PYRAMID]

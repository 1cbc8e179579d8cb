"""Data sets of the literature, plain folders, trees of images and drawn textures."""

from __future__ import annotations

from vadkit.api import DatasetCard, hookimpl
from vadkit_datasets.cards import DATASETS


@hookimpl
def vadkit_datasets() -> list[DatasetCard]:
    return DATASETS

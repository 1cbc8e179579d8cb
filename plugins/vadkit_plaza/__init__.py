"""The data sets `plaza` and `plaza-virtual`: synthetic worlds drawn from a seed, with labels."""

from __future__ import annotations

from dataclasses import dataclass

from vadkit.api import DatasetCard, hookimpl


@dataclass(frozen=True, kw_only=True)
class PlazaConfig:
    seed: int = 0
    """Draws the world; the published figures are those of seed 0."""


PLAZA = DatasetCard(
    name="plaza",
    summary="Synthetic scenes of walking people, drawn from a seed; nothing to download.",
    config=PlazaConfig,
    load="vadkit_plaza.dataset:Plaza",
    rendered=True,
)

PLAZA_VIRTUAL = DatasetCard(
    name="plaza-virtual",
    summary="Another synthetic world; its labelled anomalies of other kinds are training data.",
    config=PlazaConfig,
    load="vadkit_plaza.dataset:PlazaVirtual",
    rendered=True,
)


@hookimpl
def vadkit_datasets() -> list[DatasetCard]:
    return [PLAZA, PLAZA_VIRTUAL]

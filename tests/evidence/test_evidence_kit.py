"""The kit passes the built-in parts, and fails parts that break the contract, each by its check."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vadkit_evidence.box import Box
from vadkit_evidence.cards import APPEARANCE, BOX, MOTION

from vadkit.registry.cards import EvidenceCard
from vadkit.registry.registry import Registry
from vadkit.testing.evidence_checks import check_evidence

pytestmark = pytest.mark.edges


def failed(card: EvidenceCard, part) -> dict[str, str]:
    return {name: str(error) for name, error in check_evidence(card, part) if error}


@pytest.mark.parametrize("card", [BOX, MOTION, APPEARANCE], ids=lambda card: card.name)
def test_built_in_parts_keep_the_contract(card: EvidenceCard, registry: Registry) -> None:
    assert failed(card, registry.create("evidence", card.name, {})) == {}


class FitsOnTestVideo(Box):
    def measure(self, rows, bank, videos=None):
        return super().measure(rows, self.fit(rows, np.zeros(len(rows), np.int64)), None)


class TwoSided(Box):
    def measure(self, rows, bank, videos=None):
        values = super().measure(rows, bank, videos)
        return values | {"width": -values["width"]}


class Remembers(Box):
    frames_so_far = 0

    def describe(self, frames):
        for rows in super().describe(frames):
            Remembers.frames_so_far += 1
            yield rows + Remembers.frames_so_far


class MissesFrames(Box):
    def describe(self, frames):
        return (rows for rows in super().describe(frames) if len(rows))


class NotFinite(Box):
    def measure(self, rows, bank, videos=None):
        return super().measure(rows, bank, videos) | {"size": np.full(len(rows), np.nan)}


@pytest.mark.parametrize(
    ("part", "check", "sentence"),
    [
        (FitsOnTestVideo, "training", "depend on other test objects"),
        (TwoSided, "direction", "is not one-sided: 'width' does not rise with 'larger'"),
        (Remembers, "state", "keeps state between videos"),
        (MissesFrames, "describes", "describes 11 of 12 frames"),
        (NotFinite, "measures", "no finite number 'size'"),
    ],
)
def test_a_wrong_part_fails_its_check(part: type[Box], check: str, sentence: str) -> None:
    assert sentence in failed(BOX, part(BOX.config()))[check]


def test_a_card_without_attributes_is_refused() -> None:
    assert "attributes" in failed(replace(BOX, attributes=()), Box(BOX.config()))["card"]

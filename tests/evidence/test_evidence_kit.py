"""The kit passes the built-in parts, and fails parts that break the contract, each by its check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vadkit_evidence.box import Box
from vadkit_evidence.cards import APPEARANCE, BOX, MOTION

from vadkit.cli import execute
from vadkit.errors import RecipeError
from vadkit.recipe import load_recipe
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


@pytest.mark.parametrize(
    ("part", "option"),
    [
        ("box", "neighbours=0"),
        ("motion", "reach=-1"),
        ("posture", "every=0"),
        ("ground", "neighbours=0"),
    ],
)
def test_options_out_of_range_are_told_before_a_run(
    part: str, option: str, registry: Registry
) -> None:
    with pytest.raises(RecipeError, match=f"{option.partition('=')[0]} is .* or more"):
        load_recipe("questions", [f"evidence.{part}.{option}"], registry=registry)


def test_a_part_whose_weights_are_nowhere_cannot_be_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VADKIT_HOME", str(tmp_path))
    assert execute(["check-evidence", "posture"]) == 4
    assert "'posture' cannot be checked: its weights are neither" in capsys.readouterr().err


def test_a_card_without_attributes_is_refused() -> None:
    assert "attributes" in failed(replace(BOX, attributes=()), Box(BOX.config()))["card"]

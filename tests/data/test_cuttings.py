"""One cutting serves all samplings of a data role and unit, whatever their length and stride."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from vadkit.data.cuttings import Cuttings
from vadkit.registry.cards import Sampling


def cuttings() -> Cuttings:
    recipe: Any = SimpleNamespace(
        channels=1, objects=SimpleNamespace(size=16), frames=SimpleNamespace(size=(8, 12))
    )
    bound: Any = SimpleNamespace(every=1, channels=1, facts=lambda unit: {"unit": unit})
    return Cuttings(recipe, lambda _: bound)


def test_a_stride_costs_no_store_of_its_own() -> None:
    close, apart = Sampling(frames=5), Sampling(frames=3, stride=4)
    made = cuttings()
    made.widen([close, apart])
    assert made.cutting(close, "train") == made.cutting(apart, "train")
    assert made.cutting(close, "train").offsets == range(-4, 5)


def test_a_stride_alone_keeps_the_frames_between() -> None:
    assert cuttings().cutting(Sampling(frames=3, stride=2), "test").offsets == range(-2, 3)


def test_roles_and_units_are_cut_apart() -> None:
    made = cuttings()
    made.widen([Sampling(frames=9), Sampling(frames=3, role="virtual")])
    assert made.cutting(Sampling(frames=1, role="virtual"), "train").offsets == range(-1, 2)
    frames = made.cutting(Sampling(frames=5, unit="frame"), "train")
    assert (frames.offsets, frames.size) == (range(1), (8, 12))


def test_a_new_revision_of_stores_alone_changes_the_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fingerprint(revision: int) -> str:
        monkeypatch.setattr("vadkit.data.cuttings.REVISION", revision)
        return cuttings().fingerprint([Sampling(frames=5)])

    before_it_counted = "a9e6b2fc0b94708bb5050ea1133c2d82246b46d0891dc860878a5746972c9eb8"
    assert fingerprint(3) == before_it_counted
    assert len({fingerprint(3), fingerprint(4), fingerprint(5)}) == 3

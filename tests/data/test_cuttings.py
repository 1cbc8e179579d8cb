"""One cutting serves all samplings of a data role and unit, whatever their length and stride."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from vadkit.data.cuttings import Cuttings
from vadkit.registry.cards import Sampling


def cuttings() -> Cuttings:
    recipe: Any = SimpleNamespace(
        channels=1, objects=SimpleNamespace(size=16), frames=SimpleNamespace(size=(8, 12))
    )
    bound: Any = SimpleNamespace(every=1, channels=1)
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

"""What is cut for the samplings of a recipe: one cutting for all of one data role and unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from vadkit.data.bound_dataset import BoundDataset
from vadkit.data.crops import Cutting
from vadkit.data.dataset import Split
from vadkit.data.store.video_shards import REVISION
from vadkit.recipe import Recipe
from vadkit.recipe.schema import TARGET
from vadkit.registry.cards import Sampling, Unit
from vadkit.utils.hashing import hash_of

_UNTOLD = 3
"""The last revision of shards that hashes do not have, so that they stay as they were."""


class Cuttings:
    """Finds the cutting that a sampling is a slice of, by a recipe and its bound roles."""

    def __init__(self, recipe: Recipe, role: Callable[[str], BoundDataset]) -> None:
        self._recipe, self._role = recipe, role
        self._spans: dict[tuple[str, Unit], range] = {}

    @cached_property
    def channels(self) -> int:
        """Colour channels of all clips: 1 (grey) or 3 (RGB)."""
        channels = self._recipe.channels
        return self._role(TARGET).channels if channels == "auto" else channels

    def size(self, unit: Unit) -> tuple[int, int]:
        """Height and width of a clip."""
        side = self._recipe.objects.size
        return (side, side) if unit == "object" else self._recipe.frames.size

    def widen(self, samplings: Iterable[Sampling]) -> None:
        """Cut from now on what is wide enough for all these samplings."""
        for sampling in samplings:
            self._spans[_kind(sampling)] = self._span(sampling)

    def cutting(self, sampling: Sampling, split: Split) -> Cutting:
        """The cutting that a sampling is read from."""
        every = self._role(sampling.role).every if split == "train" else 1
        span = self._span(sampling) if sampling.unit == "object" else range(1)
        return Cutting(sampling.unit, span, self.size(sampling.unit), self.channels, every)

    def fingerprint(self, samplings: Iterable[Sampling] | None = None) -> str:
        """A hash of everything that decides what these samplings read, or all `widen`ed ones.

        How far they reach is left out: a longer sampling beside a task changes none of its clips.
        """
        kinds = self._spans if samplings is None else {_kind(sampling) for sampling in samplings}
        sizes = [self.channels, self._recipe.objects.size, self._recipe.frames.size]
        facts = [
            [role, unit, self._role(role).every, self._role(role).facts(unit)]
            for role, unit in sorted(kinds)
        ]
        return hash_of([sizes, facts, *([REVISION] if REVISION > _UNTOLD else [])], digits=64)

    def _span(self, sampling: Sampling) -> range:
        """Every frame from the first to the last that this sampling or any of its kind reads."""
        offsets = sampling.offsets
        span = self._spans.get(_kind(sampling), offsets)
        return range(min(span[0], offsets[0]), max(span[-1], offsets[-1]) + 1)


def _kind(sampling: Sampling) -> tuple[str, Unit]:
    """Samplings of one kind read the same store, whatever their length and stride."""
    return sampling.role, sampling.unit

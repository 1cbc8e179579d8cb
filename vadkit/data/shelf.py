"""The shelf: one store for each data role, split and kind of unit of a recipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from vadkit.data.bound_dataset import TARGET, Role
from vadkit.data.crops import Cutting
from vadkit.data.dataset import Split
from vadkit.data.detection import REPAIRED
from vadkit.data.store.store import Store, open_store, parts_of
from vadkit.data.store.video_shards import Parts, Told
from vadkit.data.video.open_video import open_video
from vadkit.errors import DataError
from vadkit.recipe import Recipe
from vadkit.registry.cards import Sampling, Unit
from vadkit.registry.registry import Registry
from vadkit.utils.hashing import hash_of


class Shelf:
    """Opens stores when they are asked for, and keeps them open.

    Args:
        recipe: Binds data roles to data sets.
        registry: Where data sets and detectors come from.
        root: Folder of all stores.
        told: Told of progress.
        strict: Refuse damaged frames.
    """

    def __init__(
        self, recipe: Recipe, registry: Registry, root: Path, told: Told, *, strict: bool = False
    ) -> None:
        self._recipe = recipe
        self._registry = registry
        self._root = root
        self._told = told
        self._strict = strict
        self._roles: dict[str, Role] = {}
        self._spans: dict[tuple[str, Unit, int], range] = {}
        self._stores: dict[tuple[str, Split, Cutting], Store] = {}
        self.report: dict[str, dict[str, int]] = {}
        """`role/split/unit` -> what was seen, repaired, dropped and skipped, by name."""

    def role(self, name: str) -> Role:
        """What the recipe binds to a data role."""
        if name not in self._roles:
            self._roles[name] = Role(name, self._recipe, self._registry, strict=self._strict)
        return self._roles[name]

    @cached_property
    def channels(self) -> int:
        """Colour channels of all clips: 1 (grey) or 3 (RGB)."""
        if self._recipe.channels != "auto":
            return self._recipe.channels
        dataset = self.role(TARGET).dataset
        videos = dataset.videos("train") or dataset.videos("test")
        if not videos:
            raise DataError(f"The data set of the role {TARGET!r} has no videos.")
        return open_video(videos[0].path).info.channels

    def widen(self, samplings: Iterable[Sampling]) -> None:
        """Make stores from now on wide enough for all these samplings."""
        for sampling in samplings:
            self._spans[_kind(sampling)] = self._span(sampling)

    def store(self, sampling: Sampling, split: Split) -> Store:
        """The store that a sampling reads, made where it is missing.

        Raises:
            DataError: A video or its boxes cannot be used.
        """
        role, cutting = self.role(sampling.role), self._cutting(sampling, split)
        key = (role.name, split, cutting)
        if key not in self._stores:
            self._stores[key] = open_store(self.parts(sampling, split), cutting, self._told)
            self.note(sampling, split, self._stores[key].report())
            if self._strict:
                self._refuse_damage(self._stores[key])
        return self._stores[key]

    def parts(self, sampling: Sampling, split: Split) -> Parts:
        """The parts of the store that a sampling reads, a part for each video.

        Raises:
            DataError: There is no video.
        """
        role, cutting = self.role(sampling.role), self._cutting(sampling, split)
        facts = {**role.facts(cutting.unit), "split": split}
        return parts_of(self._root, facts, cutting, role.source(split, cutting.unit))

    def any_store(self, split: Split) -> Store:
        """Some store of the target, for what all of them know."""
        for (role, of, _), store in self._stores.items():
            if (role, of) == (TARGET, split):
                return store
        return self.store(Sampling(unit="frame", frames=1), split)

    def note(self, sampling: Sampling, split: Split, counts: dict[str, int]) -> None:
        """Add to the report."""
        place = "/".join((sampling.role, split, sampling.unit))
        self.report.setdefault(place, {}).update(counts)

    def fingerprint(self, samplings: Iterable[Sampling] | None = None) -> str:
        """A hash of everything that decides what these samplings read, or all `widen`ed ones.

        How far they reach is left out: a longer sampling beside a task changes none of its clips.
        """
        kinds = self._spans if samplings is None else map(_kind, samplings)
        sizes = [self.channels, self._recipe.objects.size, self._recipe.frames.size]
        facts = [self._facts(role, unit) for role, unit in sorted({of[:2] for of in kinds})]
        return hash_of([sizes, facts], digits=64)

    def _facts(self, role: str, unit: Unit) -> list[object]:
        of = self.role(role)
        return [role, unit, of.every, of.facts(unit)]

    def _refuse_damage(self, store: Store) -> None:
        """A store that was made before may hold what stands in for damaged frames."""
        for place in damaged(store.report()):
            raise DataError(
                f"{place} is damaged, and damage is refused.",
                "Replace the file, or run without --strict.",
            )

    def _cutting(self, sampling: Sampling, split: Split) -> Cutting:
        every = self.role(sampling.role).every if split == "train" else 1
        if sampling.unit == "frame":
            return Cutting("frame", range(1), self._recipe.frames.size, self.channels, every)
        side = self._recipe.objects.size
        return Cutting("object", self._span(sampling), (side, side), self.channels, every)

    def _span(self, sampling: Sampling) -> range:
        """The frames read by this sampling or by any like it."""
        wanted, step = sampling.offsets, sampling.stride
        known = self._spans.get(_kind(sampling), wanted)
        return range(min(known[0], wanted[0]), max(known[-1], wanted[-1]) + step, step)


def damaged(counts: Mapping[str, int]) -> dict[str, int]:
    """`VIDEO, FILE` -> how many frames of that video stand in for damaged ones."""
    mark = f"{REPAIRED} in "
    return {name.removeprefix(mark): n for name, n in counts.items() if name.startswith(mark)}


def _kind(sampling: Sampling) -> tuple[str, Unit, int]:
    """Samplings of one kind read the same store."""
    return sampling.role, sampling.unit, sampling.stride

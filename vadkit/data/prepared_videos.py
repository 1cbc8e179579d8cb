"""A recipe's videos, cut into stores and shown to teachers, made once and kept on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from vadkit.data.bound_dataset import BoundDataset
from vadkit.data.crops import Cutting
from vadkit.data.cuttings import Cuttings
from vadkit.data.dataset import Split
from vadkit.data.evidence import Evidence, Rows
from vadkit.data.leakage import refuse_leaks
from vadkit.data.prepared_split import OnProgress, PreparedSplit
from vadkit.data.store.store import Store
from vadkit.data.store.video_shards import REVISION
from vadkit.data.teachers.bound_teacher import AnsweredFrames, FrameTeacher, Teachers, refuse_unfit
from vadkit.data.teachers.outputs import FrameOutputs, Outputs, UnitOutputs, frames_around
from vadkit.data.video_pass import damaged
from vadkit.errors import DataError
from vadkit.recipe import BoundRecipe
from vadkit.recipe.bound_recipe import Read
from vadkit.recipe.schema import TARGET
from vadkit.registry.cards import Need, Sampling
from vadkit.utils.cache_dir import cache_home
from vadkit.utils.hashing import hash_of


class PreparedVideos:
    """Makes what is read of videos as far as it is missing, and opens it.

    Arguments are those of `PreparedData`.
    """

    def __init__(
        self,
        bound: BoundRecipe,
        *,
        home: Path | None,
        on_progress: OnProgress,
        strict: bool,
        device: torch.device | str,
    ) -> None:
        self._bound, self._strict = bound, strict
        self._on_progress, self._root = on_progress, cache_home(home) / "stores"
        self._roles: dict[str, BoundDataset] = {}
        self._splits: dict[tuple[str, Split], PreparedSplit] = {}
        self._stores: dict[tuple[str, Split, Cutting], Store] = {}
        self.cuttings = Cuttings(bound.recipe, self.role)
        self.teachers = Teachers(bound, device)
        self._parts: dict[str, Evidence[Any]] = {}
        self.report: dict[str, dict[str, int]] = {}
        """`role/split/unit` -> what was seen, repaired, dropped and skipped, by name."""
        self.remarks: dict[str, dict[str, list[str]]] = {}
        """"ROLE SPLIT" -> video -> sentences about what is odd or damaged in it."""

    def role(self, name: str) -> BoundDataset:
        """What the recipe binds to a data role."""
        if name not in self._roles:
            self._roles[name] = BoundDataset(name, self._bound, strict=self._strict)
        return self._roles[name]

    def split(self, role: str, split: Split) -> PreparedSplit:
        """The videos of one split of a data role."""
        if (role, split) not in self._splits:
            channels = self.cuttings.channels
            self._splits[role, split] = PreparedSplit(self.role(role), split, self._root, channels)
        return self._splits[role, split]

    def expect(self, reads: Sequence[Read]) -> list[PreparedSplit]:
        """Check that what these read can be made; the videos of which something may be missing.

        Raises:
            DataError: There is no video, or one is trained on and tested with.
            PluginError: A need has no teacher.
        """
        for read in reads:
            for sampling in read.samplings:
                self.role(sampling.role).videos(read.split)
        trained = {TARGET, *(s.role for r in reads if r.split == "train" for s in r.samplings)}
        videos = [v for role in sorted(trained) for v in self.role(role).dataset.videos("train")]
        refuse_leaks(videos, self.role(TARGET).dataset.videos("test"))
        self.cuttings.widen(sampling for read in reads for sampling in self.samplings(read))
        return list(dict.fromkeys(split for read in reads for split in self._keep(read)))

    def samplings(self, read: Read) -> Iterator[Sampling]:
        """What is cut for a task: what it reads, and what teachers of objects are shown."""
        yield from read.samplings
        yield from self.teachers.samplings(read.samplings[0].role, read.needs)

    def store(self, sampling: Sampling, split: Split) -> Store:
        """The store that a sampling reads, made where it is missing."""
        cutting = self.cuttings.cutting(sampling, split)
        key = (sampling.role, split, cutting)
        if key not in self._stores:
            (videos,) = self._prepared(Read(split, (sampling,), ()))
            store = self._stores[key] = videos.store(cutting)
            self.note(sampling, split, store.report())
            self.remarks.setdefault(videos.what, {}).update(store.remarks)
            if self._strict:
                _refuse_damage(store)
        return self._stores[key]

    def any_store(self, split: Split) -> Store:
        """Some store of the target, for what all of them know."""
        for (role, stored_split, _), store in self._stores.items():
            if (role, stored_split) == (TARGET, split):
                return store
        return self.store(Sampling(unit="frame", frames=1), split)

    def note(self, sampling: Sampling, split: Split, counts: dict[str, int]) -> None:
        """Add to the report."""
        place = "/".join((sampling.role, split, sampling.unit))
        self.report.setdefault(place, {}).update(counts)

    def outputs(self, sampling: Sampling, split: Split, need: Need) -> Outputs:
        """The answers to a need about the units of a sampling, made where they are missing.

        Raises:
            PluginError: Nobody answers the need, or not like this.
        """
        self._prepared(Read(split, (sampling,), (need,)))
        return self._outputs(sampling, split, need)

    def descriptions(self, name: str, role: str, split: Split) -> list[Rows]:
        """(n, D) for each video: what an evidence part says of its objects, as they are kept."""
        (videos,) = self._prepared(Read(split, (Sampling(frames=1, role=role),), (), (name,)))
        shards = videos.shards_of(self._keep_descriptions(videos, name))
        return [shards(number).rows for number in range(len(videos.videos))]

    def part(self, name: str) -> Evidence[Any]:
        """An evidence part that the recipe uses."""
        if name not in self._parts:
            self._parts[name] = self._bound.described[name].create()
        return self._parts[name]

    def _keep_descriptions(self, videos: PreparedSplit, name: str) -> str:
        binding, part = self._bound.described[name], self.part(name)
        return videos.keep_descriptions([binding.origin, binding.facts()], part)

    def make_missing(self, splits: Iterable[PreparedSplit]) -> None:
        """Make what is missing of videos; raises as `PreparedSplit.prepare` does."""
        for split in splits:
            split.prepare_missing(self._on_progress)

    def _prepared(self, read: Read) -> list[PreparedSplit]:
        self.make_missing(splits := self._keep(read))
        return splits

    def _outputs(self, sampling: Sampling, split: Split, need: Need) -> Outputs:
        teacher, role = self.teachers.bound(need), self.role(sampling.role)
        refuse_unfit(teacher, need, sampling.unit)
        if teacher.sampling.unit == "frame":
            every = role.every if split == "train" else 1
            around = frames_around(need)
            span = range(min(0, around[0]), max(0, around[-1]) + 1)
            frames = AnsweredFrames(every, span) if every > 1 else AnsweredFrames()
            facts = [REVISION, self.cuttings.channels, teacher.facts, repr(frames)]
            return FrameOutputs(hash_of(facts), FrameTeacher(teacher, frames))
        shown = replace(teacher.sampling, role=sampling.role)
        cutting = self.cuttings.cutting(shown, split)
        key = hash_of([REVISION, teacher.facts, self.cuttings.fingerprint([shown])])
        store = self.split(sampling.role, split).keep_units(cutting)
        return UnitOutputs(key, teacher, shown, cutting, store)

    def _keep(self, read: Read) -> list[PreparedSplit]:
        """Keep from now on what is read; the videos of which something may be missing."""
        splits = []
        for sampling in self.samplings(read):
            splits.append(self.split(sampling.role, read.split))
            splits[-1].keep_units(self.cuttings.cutting(sampling, read.split))
        for name in read.parts:
            self._keep_descriptions(splits[0], name)
        for need in read.needs:
            splits[0].keep_outputs(self._outputs(read.samplings[0], read.split, need))
        return splits


def _refuse_damage(store: Store) -> None:
    """A store that was made before may hold what stands in for damaged frames."""
    for place in damaged(store.report()):
        raise DataError(
            f"{place} is damaged, and damage is refused.",
            "Replace the file, or run without --strict.",
        )
